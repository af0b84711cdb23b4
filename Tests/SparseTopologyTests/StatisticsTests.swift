// SPDX-License-Identifier: Apache-2.0
// Espalier: what is counted is what is there.

import SparseCore
import Testing

@testable import SparseTopology

@Suite("Statistics")
struct StatisticsTests {
  @Test("degrees, density and dead neurons of a small layer")
  func statistics() {
    //   . x . x
    //   . . . .
    //   . x . .
    let statistics = TopologyStatistics(SparsityPattern(rows: 3, columns: 4, cells: [1, 3, 9]))
    #expect(statistics.connections == 3 && statistics.density == 0.25)
    #expect(statistics.inDegrees.histogram == [1, 1, 1] && statistics.outDegrees.histogram == [2, 1, 1])
    #expect(statistics.inDegrees.minimum == 0 && statistics.inDegrees.maximum == 2 && statistics.inDegrees.mean == 1)
    #expect(statistics.outDegrees.mean == 0.75 && statistics.outDegrees.neurons == 4)
    #expect(statistics.deadOutputs == 1 && statistics.deadInputs == 2)
  }

  @Test("a full layer has one degree, an empty one none")
  func extremes() {
    let full = TopologyStatistics(Samples.pattern(5, 6, count: 30, seed: 1))
    #expect(full.inDegrees.minimum == 6 && full.inDegrees.maximum == 6 && full.deadInputs == 0)
    let empty = TopologyStatistics(Samples.pattern(5, 6, count: 0, seed: 1))
    #expect(empty.inDegrees.histogram == [5] && empty.density == 0 && empty.deadOutputs == 5)
  }

  @Test("a hidden neuron is dead without an input or without an output")
  func dead() {
    let first = SparsityPattern(rows: 4, columns: 2, cells: [0, 3, 5])  // feeds hidden 0, 1, 2
    let second = SparsityPattern(rows: 2, columns: 4, cells: [1, 3, 6])  // reads hidden 1, 3, 2
    #expect(TopologyStatistics.deadNeurons(between: [first, second]) == [2])
    #expect(TopologyStatistics.deadNeurons(between: [first]).isEmpty)
  }

  @Test("exploration counts distinct connections over a run as a set does")
  func exploration() {
    var weights = Samples.weights(12, 15, count: 30, seed: 1)
    var exploration = Exploration(weights.pattern)
    var byPattern = exploration
    var ever = Set(Samples.connections(weights.pattern))
    for update in 0..<25 {
      var random = Random(seed: 4).split(update)
      let rewired = Evolution.set().rewiring(weights: weights, fraction: 0.3, random: &random)
        .apply(to: weights.pattern)
      weights.replace(pattern: rewired.pattern, values: rewired.carry(weights.values, newborn: random.normal()))
      exploration.record(rewired)
      byPattern.record(rewired.pattern)
      ever.formUnion(Samples.connections(rewired.pattern))
      #expect(exploration.count == ever.count)
      #expect(exploration.rate == Double(ever.count) / 180)
    }
    #expect(exploration == byPattern)
    #expect(exploration.cells == ever.sorted().map { UInt64($0.row * 15 + $0.column) })
    #expect(ever.count > 100)
  }

  @Test("a saved exploration comes back, a broken one is refused")
  func saved() throws {
    let exploration = Exploration(Samples.pattern(12, 15, count: 30, seed: 1))
    #expect(try Exploration(rows: 12, columns: 15, cells: exploration.cells) == exploration)
    #expect(throws: TopologyError.cells(index: 1)) { try Exploration(rows: 2, columns: 2, cells: [1, 1]) }
    #expect(throws: TopologyError.cells(index: 2)) { try Exploration(rows: 2, columns: 2, cells: [0, 1, 4]) }
  }

  @Test("an exploration of a 100,000 x 100,000 layer holds only what has lived")
  func huge() {
    let exploration = Exploration(Samples.pattern(100_000, 100_000, count: 500, seed: 1))
    #expect(exploration.count == 500 && exploration.rate == 5e-8)
  }
}
