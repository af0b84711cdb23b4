// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of cellular automata as random variables.

import Entities
import SparseCore
import Testing

@Suite("Cellular automata")
struct AutomatonTests {
  /// The same law as a list, by following every choice of first cells.
  static func table<Model: ProbabilityModel>(_ model: Model) throws -> JointTable<Model.Scalar> {
    try JointTable(nodes: model.nodes, entries: try model.trajectories(limit: 1 << 20))
  }

  @Test("windows and patterns have the probabilities of the list of all trajectories", arguments: [30, 54, 110, 184])
  func elementary(rule: Int) throws {
    var random = Random(seed: UInt64(rule))
    for ring in [3, 5, 8] {
      for steps in 1...3 {
        let initial = (0..<ring).map { _ in random.uniformDouble() }
        let automaton = try ElementaryAutomaton(rule: rule, timeSteps: steps, initial: initial)
        let table = try Self.table(automaton)
        for _ in 0..<12 {
          let count = 1 + random.below(min(9, automaton.nodes.count))
          let pattern = SpatiotemporalPattern(
            nodes: random.distinct(count, below: automaton.nodes.count).sorted(),
            values: (0..<count).map { _ in random.below(2) })
          #expect(abs(try automaton.probability(of: pattern) - table.probability(of: pattern)) < 1e-12)
          for (got, wanted) in zip(try automaton.agreement(with: pattern), try table.agreement(with: pattern)) {
            #expect(abs(got - wanted) < 1e-12)
          }
        }
      }
    }
  }

  @Test(
    "a pattern followed along a ring of 14 cells has the probability of its first cells' choices",
    arguments: [0, 1, 2, 3])
  func rows(depth: Int) throws {
    var random = Random(seed: UInt64(depth) + 40)
    let initial = (0..<14).map { _ in random.uniformDouble() }
    let automaton = try ElementaryAutomaton(rule: 110, timeSteps: 4, initial: initial)
    let all = try automaton.trajectories(limit: 1 << 14)
    for _ in 0..<40 {
      let count = 1 + random.below(8)
      let nodes = random.distinct(count, below: 14 * (depth + 1)).sorted()
      let source = all[random.below(all.count)].values
      let pattern = SpatiotemporalPattern(nodes: nodes, values: nodes.map { source[$0] })
      let wanted = all.reduce(0) { $0 + (pattern.occurs(in: $1.values) ? $1.probability : 0) }
      #expect(abs(try automaton.probability(of: pattern) - wanted) < 1e-12)
    }
  }

  @Test("windows of Life have the probabilities of the list of all trajectories")
  func life() throws {
    var random = Random(seed: 5)
    let region = try LifeRegion(rows: 1, columns: 2, timeSteps: 2, initial: 0.3)
    let table = try Self.table(region)
    for _ in 0..<20 {
      let count = 1 + random.below(4)
      let pattern = SpatiotemporalPattern(
        nodes: random.distinct(count, below: 4).sorted(), values: (0..<count).map { _ in random.below(2) })
      #expect(abs(try region.probability(of: pattern) - table.probability(of: pattern)) < 1e-12)
      for (got, wanted) in zip(try region.agreement(with: pattern), try table.agreement(with: pattern)) {
        #expect(abs(got - wanted) < 1e-12)
      }
    }
  }

  @Test("a blinker blinks, and a fair plane agrees with a table of fractions")
  func blinker() throws {
    let region = try LifeRegion(rows: 3, columns: 3, timeSteps: 2, initial: Rational(1, 2))
    var cells = [Int](repeating: 0, count: 25)
    for column in 1...3 { cells[2 * 5 + column] = 1 }
    #expect(try region.trajectory(from: cells) == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0])
    let middle = SpatiotemporalPattern(nodes: [13], values: [1])
    #expect(try region.probability(of: middle) == Rational(140, 512))
  }

  @Test("what is no automaton, and windows that depend on too much, are refused with numbers")
  func refusals() throws {
    #expect(throws: EntityError.model(place: "rule", expected: "0 to 255", got: "256")) {
      try ElementaryAutomaton(rule: 256, ring: 8, timeSteps: 2, initial: 0.5)
    }
    #expect(throws: EntityError.self) { try ElementaryAutomaton(rule: 30, ring: 2, timeSteps: 2, initial: 0.5) }
    #expect(throws: EntityError.self) { try ElementaryAutomaton(rule: 30, ring: 9, timeSteps: 2, initial: -0.5) }
    #expect(throws: EntityError.self) { try ElementaryAutomaton(rule: 30, ring: 9, timeSteps: 2, initial: Double.nan) }
    let region = try LifeRegion(rows: 3, columns: 3, timeSteps: 3, initial: 0.5)
    #expect(throws: EntityError.self) {
      try region.agreement(with: SpatiotemporalPattern(nodes: Array(18..<27), values: [Int](repeating: 0, count: 9)))
    }
  }
}
