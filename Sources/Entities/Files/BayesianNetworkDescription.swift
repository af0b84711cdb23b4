// SPDX-License-Identifier: Apache-2.0
// Espalier: a Bayesian network, as it stands in a file.

public import Datasets

/// What a model file says about a Bayesian network, its probabilities as they were written.
public struct BayesianNetworkDescription: Sendable, Hashable {
  /// The file, for messages.
  public let path: String
  /// The variables in the order of their declarations.
  public let nodes: [ModelNode]
  /// A table a variable.
  public let tables: [LiteralTable]
  /// What a user should know, such as rows that were rounded and are rescaled.
  public let notes: [String]

  /// The network with its probabilities as numbers.
  ///
  /// - Throws: `FileError.format` saying which row of which table is wrong; a row of rounded numbers is refused in exact mode only.
  public func model<Scalar: ProbabilityScalar>(
    as _: Scalar.Type = Scalar.self
  ) throws(FileError) -> BayesianNetwork<Scalar> {
    var factors: [ConditionalTable<Scalar>] = []
    for table in tables { factors.append(try table.table(path: path)) }
    do throws(EntityError) {
      return try BayesianNetwork(nodes: nodes, tables: factors)
    } catch { throw FileError(error, in: path) }
  }
}
