// SPDX-License-Identifier: Apache-2.0
// Espalier: the laws of the one engine that rewires.

import SparseCore
import Testing

@testable import SparseTopology

@Suite("Rewiring")
struct RewiringTests {
  /// The slow truth: sets of connections.
  private func expected(_ rewiring: Rewiring, _ pattern: SparsityPattern) -> [Connection] {
    let old = Samples.connections(pattern)
    let dropped = Set(rewiring.dropped)
    let kept = old.indices.filter { !dropped.contains($0) }.map { old[$0] }
    return Set(kept + rewiring.grown).sorted()
  }

  @Test("every rewiring of a 2 x 3 layer is set arithmetic, and origins tell who survived")
  func exhaustive() {
    for cells in 0..<64 {
      let present = (0..<6).filter { cells >> $0 & 1 == 1 }
      let pattern = SparsityPattern(rows: 2, columns: 3, cells: present)
      for drops in 0..<(1 << present.count) {
        let dropped = present.indices.filter { drops >> $0 & 1 == 1 }
        let free = (0..<6).filter { cell in !present.contains(cell) || dropped.contains { present[$0] == cell } }
        for grows in 0..<(1 << free.count) {
          let grown = free.indices.filter { grows >> $0 & 1 == 1 }.map { Connection(cell: free[$0], columns: 3) }
          let rewiring = Rewiring(dropped: dropped, grown: grown)
          let rewired = rewiring.apply(to: pattern)
          let connections = Samples.connections(rewired.pattern)
          guard connections == expected(rewiring, pattern), rewired.pattern.checkInvariants() else {
            Issue.record("\(rewiring) of \(present)")
            return
          }
          let origins = connections.map { connection -> UInt32 in
            pattern.position(row: connection.row, column: connection.column).map { UInt32($0) }
              ?? RewiredPattern.newborn
          }
          guard rewired.origins == origins,
            rewired.newborns == origins.count(where: { $0 == RewiredPattern.newborn })
          else {
            Issue.record("origins \(rewired.origins) of \(rewiring) of \(present)")
            return
          }
        }
      }
    }
  }

  @Test("a connection that is dropped and grown keeps its origin")
  func returned() {
    let pattern = SparsityPattern(rows: 2, columns: 4, cells: [1, 3, 4])
    let rewired = Rewiring(dropped: [0, 1], grown: [Connection(row: 0, column: 3), Connection(row: 1, column: 2)])
      .apply(to: pattern)
    #expect(rewired.origins == [1, 2, RewiredPattern.newborn])
    #expect(rewired.newborns == 1)
    #expect(rewired.movedShare == 1.0 / 3)
  }

  @Test("carry moves the values of survivors and fills in newborns")
  func carry() {
    let pattern = SparsityPattern(rows: 2, columns: 3, cells: [0, 2, 3, 5])
    let rewired = Rewiring(dropped: [1], grown: [Connection(row: 0, column: 1)]).apply(to: pattern)
    #expect(rewired.carry(Vector([1, 2, 3, 4]), newborn: 9) == Vector([1, 9, 3, 4]))
    #expect(rewired.carry([10, 20, 30, 40] as [UInt16], newborn: 0) == [10, 0, 30, 40])
  }

  @Test("no change changes nothing")
  func empty() {
    let pattern = Samples.pattern(6, 7, count: 20, seed: 1)
    let rewired = Rewiring().apply(to: pattern)
    #expect(Rewiring().isEmpty && rewired.pattern == pattern && rewired.movedShare == 0)
    #expect(rewired.origins == (0..<20).map { UInt32($0) })
  }

  @Test("random rewirings of larger layers are set arithmetic too")
  func random() {
    for seed in 0..<20 as Range<UInt64> {
      var random = Random(seed: seed).split("rewiring")
      let (rows, columns) = (1 + random.below(30), 1 + random.below(30))
      let pattern = Samples.pattern(rows, columns, count: random.below(rows * columns + 1), seed: seed)
      let dropped = random.distinct(random.below(pattern.count + 1), below: max(1, pattern.count))
      let live = Set(Samples.connections(pattern).enumerated().filter { !dropped.contains($0.offset) }.map(\.element))
      let grown = random.distinct(random.below(rows * columns + 1), below: rows * columns)
        .map { Connection(cell: $0, columns: columns) }.filter { !live.contains($0) }
      let rewiring = Rewiring(dropped: dropped, grown: grown)
      #expect(Samples.connections(rewiring.apply(to: pattern).pattern) == expected(rewiring, pattern))
    }
  }

  @Test("large rewirings are set arithmetic, the same with any number of threads", arguments: [20, 2000])
  func large(rows: Int) {
    let weights = Samples.weights(rows, 400_000 / rows, count: 20_000, seed: 7)
    var random = Random(seed: 8)
    let rewiring = Evolution.set().rewiring(weights: weights, fraction: 0.3, random: &random)
    #expect(rewiring.dropped.count == 6000)
    let results = [1, 2, 3].map { threads -> (RewiredPattern, Vector) in
      let workers = Workers(threads: threads)
      let rewired = rewiring.apply(to: weights.pattern, workers: workers)
      return (rewired, rewired.carry(weights.values, newborn: 9, workers: workers))
    }
    #expect(results[0].0 == results[1].0 && results[0].0 == results[2].0)
    #expect(results[0].1 == results[1].1 && results[0].1 == results[2].1)
    let (rewired, values) = results[0]
    let before = weights.values
    let connections = Samples.connections(rewired.pattern)
    #expect(connections == expected(rewiring, weights.pattern) && rewired.pattern.checkInvariants())
    #expect(rewired.newborns == rewired.origins.count { $0 == RewiredPattern.newborn })
    for (position, connection) in connections.enumerated() {
      let old = weights.pattern.position(row: connection.row, column: connection.column)
      guard rewired.origins[position] == old.map({ UInt32($0) }) ?? RewiredPattern.newborn,
        values[position] == old.map({ before[$0] }) ?? 9
      else {
        Issue.record("connection \(connection)")
        return
      }
    }
  }

  @Test("a layer without connections may grow its first")
  func first() {
    let rewired = Rewiring(grown: [Connection(row: 1, column: 2)]).apply(to: Samples.pattern(3, 4, count: 0, seed: 1))
    #expect(rewired.pattern == SparsityPattern(rows: 3, columns: 4, cells: [6]) && rewired.newborns == 1)
    #expect(rewired.carry(Vector(count: 0), newborn: 5) == Vector([5]))
  }
}
