// SPDX-License-Identifier: Apache-2.0
// Espalier: a multivariate Markov chain, as it stands in a file.

public import Datasets

/// What a model file says about a multivariate Markov chain, its probabilities as they were written.
public struct MarkovChainDescription: Sendable, Hashable {
  /// The file, for messages.
  public let path: String
  /// The variables of a slice.
  public let variables: [ModelNode]
  /// The slices of time.
  public let timeSteps: Int
  /// The first slice: one joint table, or one a variable.
  public let initial: [LiteralTable]
  /// How a slice leads to the next: one table about all variables given all, or one a variable; empty when there is one slice.
  public let transition: [LiteralTable]
  /// Whether the transition is one joint table.
  public let isJoint: Bool

  /// The chain with its probabilities as numbers.
  ///
  /// - Throws: `FileError.format` saying which row of which table is wrong.
  public func model<Scalar: ProbabilityScalar>(
    as _: Scalar.Type = Scalar.self
  ) throws(FileError) -> MultivariateMarkovChain<Scalar> {
    var first: [ConditionalTable<Scalar>] = []
    for table in initial { first.append(try table.table(path: path)) }
    var parts: [ConditionalTable<Scalar>] = []
    for table in transition { parts.append(try table.table(path: path)) }
    do throws(EntityError) {
      return try MultivariateMarkovChain(
        variables: variables, timeSteps: timeSteps, initial: first,
        transition: parts.isEmpty ? nil : isJoint ? .joint(parts[0].values) : .factored(parts))
    } catch { throw FileError(error, in: path) }
  }
}
