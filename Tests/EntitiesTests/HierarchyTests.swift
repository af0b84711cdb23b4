// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of disintegration hierarchies.

import Entities
import SparseCore
import Testing

@Suite("Disintegration hierarchies")
struct HierarchyTests {
  @Test("two constant chains: 2, 18, 71, 78, 34 partitions at 0, 1, 2, 3, 4 bits, in both modes and by both ways")
  func equalChains() throws {
    let chain = try ExampleModels.equal(Double.self)
    for trajectory in try chain.trajectories(limit: 10) {
      let pattern = ExampleModels.pattern(trajectory.values)
      let integration = try LocalIntegration(of: pattern, in: chain)
      let exact = try ExactIntegration(of: pattern, in: ExampleModels.equal(Rational.self))
      for hierarchy in [
        try DisintegrationHierarchy(of: integration), DisintegrationHierarchy(of: exact),
        try DisintegrationHierarchy(of: integration, lowest: 100),
      ] {
        #expect(hierarchy.isComplete)
        #expect(hierarchy.levels.map(\.partitions) == [2, 18, 71, 78, 34])
        #expect(hierarchy.levels.map(\.refinementFree) == [1, 6, 11, 6, 1])
        for (level, bits) in zip(hierarchy.levels, [0.0, 1, 2, 3, 4]) { #expect(abs(level.integration - bits) < 1e-9) }
      }
      #expect(try integration.refinementFreePartitions().count == 25)
    }
  }

  @Test("small interactions: fifteen levels from 0 to 3.912113 bits, 39 refinement-free partitions")
  func epsilonChains() throws {
    let pattern = ExampleModels.pattern([0, 0, 0, 0, 0, 0])
    let integration = try LocalIntegration(of: pattern, in: ExampleModels.epsilon(0.01))
    let exact = try ExactIntegration(of: pattern, in: ExampleModels.epsilon(Rational(1, 100)))
    for hierarchy in [
      try DisintegrationHierarchy(of: integration), DisintegrationHierarchy(of: exact),
      try DisintegrationHierarchy(of: integration, lowest: 100),
    ] {
      #expect(hierarchy.levels.map(\.partitions) == [1, 1, 4, 8, 2, 4, 4, 32, 8, 20, 2, 5, 52, 26, 34])
      #expect(hierarchy.levels.map(\.refinementFree) == [1, 1, 4, 4, 2, 2, 2, 6, 4, 4, 1, 1, 4, 2, 1])
      #expect(hierarchy.refinementFree == 39)
      #expect(hierarchy.levels.first?.integration == 0)
      #expect(abs((hierarchy.levels.last?.integration ?? 0) - 3.912113) < 5e-7)
    }
    #expect(integration.refinementFreeCount == 39)
    #expect(try integration.refinementFreePartitions().count == 39)
    #expect(integration.leastPartition(integration.whole)?.description == "0,2,4|1,3,5")
  }

  @Test("the lowest levels are those of the whole hierarchy", arguments: [3, 5, 7, 9])
  func lowest(count: Int) throws {
    var random = Random(seed: UInt64(count))
    let table = try ExampleModels.randomTable(count, &random)
    let integration = try LocalIntegration(of: ExampleModels.pattern([Int](repeating: 0, count: count)), in: table)
    let all = try DisintegrationHierarchy(of: integration)
    #expect(all.levels.reduce(0) { $0 + $1.partitions } == [3: 5, 5: 52, 7: 877, 9: 21147][count])
    for lowest in [1, 2, 3, 5, 8, 13, 20, 40, 77, 150, 300, 600] {
      let few = try DisintegrationHierarchy(of: integration, lowest: lowest)
      #expect(few.levels.count == min(lowest, all.levels.count))
      for (got, wanted) in zip(few.levels, all.levels) {
        #expect(abs(got.integration - wanted.integration) < 1e-9)
        #expect(got.partitions == wanted.partitions && got.refinementFree == wanted.refinementFree)
      }
    }
  }
}
