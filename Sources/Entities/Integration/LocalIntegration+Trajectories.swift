// SPDX-License-Identifier: Apache-2.0
// Espalier: the integration of all trajectories of a model.

public import SparseCore

extension LocalIntegration {
  /// Judges all parts of every trajectory of positive probability.
  ///
  /// Where listing the trajectories once is less work than an elimination for each, the list is used for all of them.
  ///
  /// - Throws: `EntityError.tooLarge` when there are more than `limit`, or beyond `mostNodes` nodes.
  /// - Complexity: that of `LocalIntegration` for each trajectory.
  public static func ofTrajectories<Model: ProbabilityModel>(
    of model: Model, limit: Int, workers: Workers? = nil
  ) throws(EntityError) -> [(trajectory: Trajectory<Double>, integration: LocalIntegration)]
  where Model.Scalar == Double {
    let all = try model.trajectories(limit: limit)
    var table: JointTable<Double>?
    if all.count <= 1024 { table = try JointTable(nodes: model.nodes, entries: all) }
    var found: [(trajectory: Trajectory<Double>, integration: LocalIntegration)] = []
    found.reserveCapacity(all.count)
    for trajectory in all {
      let pattern = SpatiotemporalPattern(trajectory: trajectory.values)
      let agreement: [Double]
      if let table {
        agreement = try table.agreement(with: pattern)
      } else {
        agreement = try model.agreement(with: pattern)
      }
      found.append((trajectory, try LocalIntegration(agreement: agreement, with: pattern, workers: workers)))
    }
    return found
  }
}
