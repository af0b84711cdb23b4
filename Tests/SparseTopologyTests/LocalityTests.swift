// SPDX-License-Identifier: Apache-2.0
// Espalier: the laws of windows.

import SparseCore
import Testing

@testable import SparseTopology

@Suite("Locality")
struct LocalityTests {
  static let shapes = [
    LayerShape(outputs: 10, inputs: 10), LayerShape(outputs: 30, inputs: 8), LayerShape(outputs: 7, inputs: 50),
    LayerShape(outputs: 1, inputs: 5), LayerShape(outputs: 40, inputs: 300),
  ]

  private func isLocal(_ pattern: SparsityPattern, _ window: Int) -> Bool {
    Samples.connections(pattern).allSatisfy { abs($0.column - $0.row * pattern.columns / pattern.rows) <= window }
  }

  @Test("every connection lies within its window and the count is exact")
  func births() throws {
    var random = Random(seed: 1)
    for shape in Self.shapes {
      for window in [0, 1, 3, 20, 1000] {
        let locality = Locality(window: window)
        let cells = locality.cells(rows: shape.rows, columns: shape.columns)
        let all = try Topology.dense.local(window: window).pattern(shape, random: &random)
        #expect(all.count == cells && isLocal(all, window))
        for count in Set([0, 1, cells / 3, cells - 1, cells]) {
          let topology = Topology.uniform(density: 0.5).local(window: window)
          let pattern = try topology.pattern(shape, count: count, random: &random)
          #expect(pattern.count == count && pattern.checkInvariants() && isLocal(pattern, window))
        }
      }
    }
  }

  @Test("every set of cells within the windows is equally likely")
  func uniform() throws {
    let topology = Topology.uniform(density: 0.5).local(window: 1)
    let shape = LayerShape(outputs: 3, inputs: 3)
    var random = Random(seed: 2)
    // Seven cells: 0 1 / 0 1 2 / 1 2. Three of them are 35 sets; a chi square of 34 degrees stays under 75.
    var hits: [[Connection]: Int] = [:]
    for _ in 0..<1400 {
      let pattern = try topology.pattern(shape, count: 3, random: &random)
      hits[Samples.connections(pattern), default: 0] += 1
    }
    let chiSquare = hits.values.reduce(0) { $0 + Double(($1 - 40) * ($1 - 40)) / 40 }
    #expect(hits.count == 35 && chiSquare < 75 && chiSquare > 10, "\(chiSquare)")
  }

  @Test("windows keep the counts of a topology, and a fixed fan-in stays one")
  func counts() throws {
    let shapes = [LayerShape(outputs: 300, inputs: 784), LayerShape(outputs: 100, inputs: 300)]
    for topology in [Topology.erk(density: 0.02), .erdosRenyi(epsilon: 5), .uniform(density: 0.05), .fixedFanIn(9)] {
      let local = topology.local(window: 40)
      #expect(try local.connectionCounts(for: shapes) == topology.connectionCounts(for: shapes))
      #expect(local.locality == Locality(window: 40) && local.unlocalized == topology)
      #expect(local.local(window: 50) == topology.local(window: 50))
    }
    var random = Random(seed: 3)
    let pattern = try Topology.fixedFanIn(9).local(window: 40).pattern(shapes[0], random: &random)
    #expect(pattern.inDegrees.allSatisfy { $0 == 9 } && isLocal(pattern, 40))
  }

  @Test("windows that are too small are errors that say what to do")
  func errors() throws {
    let shapes = [LayerShape(outputs: 10, inputs: 10)]
    #expect(throws: TopologyError.window(1, layer: 0, cells: 28, count: 50)) {
      try Topology.uniform(density: 0.5).local(window: 1).connectionCounts(for: shapes)
    }
    #expect(throws: TopologyError.fanIn(3, layer: 0, columns: 2)) {
      try Topology.fixedFanIn(3).local(window: 1).connectionCounts(for: shapes)
    }
    #expect(
      TopologyError.window(1, layer: 0, cells: 28, count: 50).description
        == "layer 0: expected windows with room for 50 connections, got 28 cells within 1 inputs to either side; "
        + "widen the windows or ask for fewer connections")
    var random = Random(seed: 1)
    #expect(throws: TopologyError.count(29, allowed: 0...28)) {
      try Topology.uniform(density: 0.5).local(window: 1).pattern(shapes[0], count: 29, random: &random)
    }
  }

  @Test("every rule grows within the windows, at most what they hold", arguments: [Evolution.set(), .rigL(), .gse()])
  func growth(evolution: Evolution) throws {
    var random = Random(seed: 4)
    for shape in Self.shapes {
      for window in [0, 2, 20] {
        let locality = Locality(window: window)
        let cells = locality.cells(rows: shape.rows, columns: shape.columns)
        for count in Set([0, cells / 2, cells]) {
          let pattern = try Topology.uniform(density: 0.5).local(window: window)
            .pattern(shape, count: count, random: &random)
          let values = Vector((0..<count).map { _ in random.normal() })
          let source = Samples.gradients(shape.rows, shape.columns, samples: 3, seed: 2)
          let results = [1, 3].map { threads in
            var random = Random(seed: 5)
            return evolution.rewiring(
              weights: SparseMatrix(pattern: pattern, values: values), fraction: 0.3, gradients: source,
              locality: locality, workers: Workers(threads: threads), random: &random)
          }
          let rewired = results[0].apply(to: pattern)
          #expect(results[0] == results[1] && rewired.pattern.count == count && isLocal(rewired.pattern, window))
          #expect(results[0].grown.count == evolution.dropCount(of: pattern, fraction: 0.3, locality: locality))
        }
      }
    }
  }

  @Test("growth by gradient finds the strongest cells of the windows")
  func strongest() throws {
    let shape = LayerShape(outputs: 9, inputs: 31)
    let source = Samples.gradients(9, 31, samples: 4, seed: 6)
    var random = Random(seed: 6)
    let pattern = try Topology.uniform(density: 0.5).local(window: 5).pattern(shape, count: 40, random: &random)
    let weights = SparseMatrix(pattern: pattern, values: Vector(repeating: 1, count: 40))
    let site = GrowthSite(weights: weights, dropped: [], gradients: source, locality: Locality(window: 5))
    let free = (0..<9).flatMap { row in
      Locality(window: 5).columns(ofRow: row, rows: 9, columns: 31).map { Connection(row: row, column: $0) }
    }.filter { !pattern.contains(row: $0.row, column: $0.column) }
    #expect(site.absentCount == free.count)
    let scored = free.map { (Samples.gradient(source, $0.row, $0.column), $0) }.sorted(by: isStronger)
    for count in [1, 7, free.count] { #expect(site.strongest(count) == scored.prefix(count).map(\.1).sorted()) }
  }

  @Test("connections outside the windows stay, and growth does not return to them")
  func outside() {
    // One connection a row at column 0; windows of one input lie elsewhere, but for the first row.
    let pattern = SparsityPattern(rows: 4, columns: 4, cells: [0, 4, 8, 12])
    let weights = SparseMatrix(pattern: pattern, values: Vector([1, 2, 3, 4]))
    let site = GrowthSite(weights: weights, dropped: [3], locality: Locality(window: 0))
    var random = Random(seed: 1)
    #expect(site.absentCount == 3)
    #expect(site.random(3, random: &random).map(\.column) == [1, 2, 3])
  }
}
