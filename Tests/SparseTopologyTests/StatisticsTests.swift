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
    #expect(try Exploration(rows: 12, columns: 15, cells: exploration.cells, level: 0) == exploration)
    for (cells, index) in [([1, 1], 1), ([0, 1, 4], 2)] as [([UInt64], Int)] {
      #expect(throws: TopologyError.cells(index: index)) {
        try Exploration(rows: 2, columns: 2, cells: cells, level: 0)
      }
    }
    #expect(throws: TopologyError.level(-1)) { try Exploration(rows: 2, columns: 2, cells: [], level: -1) }
    #expect(throws: TopologyError.level(63)) { try Exploration(rows: 2, columns: 2, cells: [], level: 63) }
  }

  @Test("a long exploration keeps a bounded sample, estimates well, and goes on where it was saved")
  func sampled() throws {
    let patterns = (0..<9).map { Samples.pattern(900, 1100, count: 20_000, seed: $0) }
    var exploration = Exploration(patterns[0])
    var resumed = exploration
    var ever = [Bool](repeating: false, count: 900 * 1100)
    var levels: [Int] = []
    for pattern in patterns {
      exploration.record(pattern)
      resumed.record(pattern)
      for cell in Samples.connections(pattern) { ever[cell.row * 1100 + cell.column] = true }
      let truth = ever.count { $0 }
      levels.append(exploration.level)
      #expect(exploration.cells.count <= 65_536)
      if truth <= 65_536 { #expect(exploration.level == 0) }
      let error = 3 * (Double(1 << exploration.level - 1) * Double(truth)).squareRoot()
      #expect(abs(Double(exploration.count - truth)) <= error, "\(exploration.count) for \(truth)")
      #expect(exploration.rate == Double(exploration.count) / 990_000)
      resumed = try Exploration(rows: 900, columns: 1100, cells: resumed.cells, level: resumed.level)
      #expect(resumed == exploration)
    }
    #expect(levels == [0, 0, 0, 1, 1, 1, 2, 2, 2])
    var backwards = Exploration(patterns[8])
    for pattern in patterns.reversed() { backwards.record(pattern) }
    #expect(backwards == exploration)
    let whole = Exploration(patterns[0]).cells
    #expect(throws: TopologyError.self) { try Exploration(rows: 900, columns: 1100, cells: whole, level: 1) }
  }

  @Test("a large layer is sampled as it is recorded, whichever way it comes")
  func largeLayer() {
    // Three times as many cells as are kept come at once.
    let pattern = Samples.pattern(600, 800, count: 200_000, seed: 1)
    let exploration = Exploration(pattern)
    #expect(exploration.level == 2 && exploration.cells.count <= 65_536)
    let born = Rewiring(grown: Samples.connections(pattern)).apply(to: Samples.pattern(600, 800, count: 0, seed: 1))
    var recorded = Exploration(Samples.pattern(600, 800, count: 0, seed: 1))
    recorded.record(born)
    #expect(recorded == exploration)
    #expect(abs(exploration.count - 200_000) < 2400)
  }

  @Test("an exploration of a 100,000 x 100,000 layer holds only what has lived")
  func huge() {
    let exploration = Exploration(Samples.pattern(100_000, 100_000, count: 500, seed: 1))
    #expect(exploration.count == 500 && exploration.rate == 5e-8)
  }
}
