// SPDX-License-Identifier: Apache-2.0
// Espalier: entities in regions of a trajectory.

public import SparseCore

extension ProbabilityModel where Scalar == Double {
  /// The ι-entities of a trajectory whose nodes lie inside one of some regions, each once.
  ///
  /// Every part of every region is judged exactly. Entities that reach across regions are not found: grow larger ones.
  ///
  /// - Parameters:
  ///   - trajectory: a value for every node.
  ///   - regions: sets of nodes, each rising, as `RegionGrowth` makes them.
  ///   - threshold: ι counts as positive above it, in bits.
  ///   - workers: who shares the work of a region.
  /// - Returns: fewest nodes first, then by their nodes.
  /// - Throws: `EntityError.pattern` for a trajectory or a region that is not one of this model, `EntityError.impossible` for
  ///   one of probability 0, `EntityError.tooLarge` for a region beyond `mostNodes` or the model's budget.
  /// - Complexity: that of `LocalIntegration` for each region.
  public func entities(
    along trajectory: [Int], in regions: [[Int]], above threshold: Double = LocalIntegration.threshold,
    workers: Workers? = nil
  ) throws(EntityError) -> [IotaEntity] {
    try check(trajectory: trajectory)
    var found: [SpatiotemporalPattern: IotaEntity] = [:]
    for region in regions {
      guard zip(region, region.dropFirst()).allSatisfy(<), region.allSatisfy(nodes.indices.contains) else {
        throw .pattern(expected: "regions of nodes 0 to \(nodes.count - 1), rising", got: "\(region)")
      }
      let pattern = SpatiotemporalPattern(nodes: region, values: region.map { trajectory[$0] })
      let integration = try LocalIntegration(of: pattern, in: self, workers: workers)
      for entity in integration.entities(above: threshold) where found[entity.pattern] == nil {
        found[entity.pattern] = entity
      }
    }
    return found.values.sorted { $0.pattern < $1.pattern }
  }
}
