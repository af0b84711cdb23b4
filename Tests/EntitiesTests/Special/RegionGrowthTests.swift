// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of regions and of the entities in them.

import Entities
import SparseCore
import Testing

@Suite("Regions of space-time")
struct RegionGrowthTests {
  /// A ring of binary cells, each following itself and one neighbour.
  static func ring(_ width: Int, steps: Int) throws -> MultivariateMarkovChain<Double> {
    try MultivariateMarkovChain(
      variables: (0..<width).map { ModelNode("c\($0)", states: 2, place: $0) }, timeSteps: steps,
      initial: (0..<width).map { ConditionalTable(nodes: [$0], values: [0.5, 0.5]) },
      transition: .factored(
        (0..<width).map {
          ConditionalTable(
            nodes: [$0], parents: [$0, ($0 + 1) % width], values: [0.95, 0.05, 0.6, 0.4, 0.3, 0.7, 0.1, 0.9])
        }))
  }

  @Test("neighbours are parents, children and the same place at adjacent times")
  func neighbors() throws {
    let growth = RegionGrowth(in: try Self.ring(4, steps: 3))
    #expect(growth.neighbors[0] == [4, 7])
    #expect(growth.neighbors[5] == [1, 2, 8, 9])
    let table = try JointTable(
      nodes: [
        ModelNode("a", states: 1, place: 0), ModelNode("b", states: 1, place: 0, time: 1),
        ModelNode("c", states: 1, place: 1),
      ],
      entries: [Trajectory(values: [0, 0, 0], probability: 1.0)])
    #expect(RegionGrowth(in: table).neighbors == [[1], [0], []])
  }

  @Test("regions are all connected sets of the size that hold a seed, each once, when the limit allows it")
  func enumerates() throws {
    let growth = RegionGrowth(in: try Self.ring(4, steps: 3))
    for size in 1...5 {
      let regions = try growth.regions(from: [0, 5], mostNodes: size, limit: 10_000)
      var wanted = Set<[Int]>()
      for mask in 0..<1 << 12 where mask.nonzeroBitCount == size && (mask & 1 == 1 || mask >> 5 & 1 == 1) {
        let nodes = (0..<12).filter { mask >> $0 & 1 == 1 }
        var reached = Set([nodes[0]])
        while let next = nodes.first(where: { node in
          !reached.contains(node) && growth.neighbors[node].contains { reached.contains($0) }
        }) {
          reached.insert(next)
        }
        if reached.count == size { wanted.insert(nodes) }
      }
      #expect(Set(regions) == wanted && regions.count == wanted.count)
    }
    let some = try growth.regions(from: [0, 5, 10], mostNodes: 5, limit: 8)
    #expect(some.count == 8 && Set(some).count == 8)
    #expect(some == (try growth.regions(from: [0, 5, 10], mostNodes: 5, limit: 8)))
    #expect(some.contains { $0.contains(0) } && some.contains { $0.contains(5) } && some.contains { $0.contains(10) })
    #expect(try growth.regions(from: [0], mostNodes: 5, limit: 0).isEmpty)
    #expect(throws: EntityError.self) { try growth.regions(from: [12], mostNodes: 5, limit: 1) }
    let islands = RegionGrowth(neighbors: [[1], [0, 2], [1], []])
    #expect(try islands.regions(from: [0, 2, 3], mostNodes: 8, limit: 10) == [[0, 1, 2], [3]])
  }

  @Test("entities in regions are those of the whole trajectory that fit into one, each once")
  func entities() throws {
    let chain = try Self.ring(3, steps: 3)
    let trajectory = [0, 0, 1, 0, 0, 1, 0, 1, 1]
    let all = try LocalIntegration(of: ExampleModels.pattern(trajectory), in: chain)
    let regions = try RegionGrowth(in: chain).regions(from: Array(0..<9), mostNodes: 3, limit: 1000)
    let found = try chain.entities(along: trajectory, in: regions)
    let wanted = all.entities().filter { entity in regions.contains { Set($0).isSuperset(of: entity.pattern.nodes) } }
    #expect(found.map(\.pattern) == wanted.map(\.pattern))
    #expect(wanted.count > 10 && wanted.count < all.entities().count)
    for (one, other) in zip(found, wanted) {
      #expect(abs(one.integration - other.integration) < 1e-9 && abs(one.probability - other.probability) < 1e-12)
    }
    #expect(throws: EntityError.self) { try chain.entities(along: [0], in: regions) }
    #expect(throws: EntityError.self) { try chain.entities(along: trajectory, in: [[1, 0]]) }
    #expect(throws: EntityError.self) { try chain.entities(along: trajectory, in: [[8, 9]]) }
  }
}
