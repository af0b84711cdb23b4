// SPDX-License-Identifier: Apache-2.0
// Espalier: a joint table, as it stands in a file.

public import Datasets

/// What a model file says about a joint law, its probabilities as they were written.
public struct JointTableDescription: Sendable, Hashable {
  /// The file, for messages.
  public let path: String
  /// The variables, slice after slice.
  public let nodes: [ModelNode]
  /// Trajectories, a value for each node.
  public let values: [[Int]]
  /// The probability of each trajectory.
  public let probabilities: [ProbabilityLiteral]
  /// Where each trajectory stands in the file's list, from 0.
  let positions: [Int]

  /// The table with its probabilities as numbers.
  ///
  /// - Throws: `FileError.format` saying which entry is wrong, or that the sum is not 1.
  public func model<Scalar: ProbabilityScalar>(
    as _: Scalar.Type = Scalar.self
  ) throws(FileError) -> JointTable<Scalar> {
    var entries: [Trajectory<Scalar>] = []
    for index in values.indices {
      let number = try LiteralTable.number(
        probabilities[index], as: Scalar.self, path: path, place: "table[\(positions[index])]")
      entries.append(Trajectory(values: values[index], probability: number))
    }
    do throws(EntityError) {
      return try JointTable(nodes: nodes, entries: entries)
    } catch { throw FileError(error, in: path) }
  }
}
