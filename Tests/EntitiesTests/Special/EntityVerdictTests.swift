// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of verdicts on patterns.

import Entities
import SparseCore
import Testing

@Suite("Verdicts")
struct EntityVerdictTests {
  /// All ways but the sums of all subsets.
  static let others = Set(VerdictMethod.allCases).subtracting([.subsets])

  /// Checks a verdict against all partitions, by the subset dynamic programme; whether it was decided.
  @discardableResult
  static func check(
    _ verdict: EntityVerdict, _ pattern: SpatiotemporalPattern, in model: some ProbabilityModel<Double>
  ) throws -> Bool {
    let all = try LocalIntegration(of: pattern, in: model)
    let wanted = try #require(all.complete)
    switch verdict {
    case .proved(let least, let most, _):
      #expect(wanted > 1e-9 && least > 1e-9 && least <= wanted + 1e-9 && most >= wanted - 1e-9)
    case .refuted(let partition, let integration, _):
      #expect(wanted <= 1e-9 && integration <= 1e-9 && partition.blocks.count > 1)
      #expect(partition.nodes == pattern.nodes)
      #expect(abs(try all.specific(partition) - integration) < 1e-9)
    case .unknown(let least, let most, let partition):
      #expect(least <= wanted + 1e-9 && most >= wanted - 1e-9)
      if let partition {
        let integration = try all.specific(partition)
        #expect(abs(most - min(integration, all.surprisals[all.whole])) < 1e-9)
      }
      return false
    }
    return true
  }

  @Test("verdicts without the subsets agree with the subsets on random tables, trees and chains")
  func agreesOnSmallModels() throws {
    var random = Random(seed: 31)
    var (proved, refuted) = (0, 0)
    let budget = VerdictBudget(annealingMoves: 300, methods: Self.others)
    for round in 0..<360 {
      let verdict: EntityVerdict
      switch round % 4 {
      case 0:
        let table = try ExampleModels.randomTable(3 + round % 3, &random)
        let pattern = ExampleModels.pattern(table.nodes.map { _ in random.below(2) })
        verdict = try table.verdict(on: pattern, budget: budget)
        #expect(try Self.check(verdict, pattern, in: table))
      case 1:
        let table = try SpecialExamples.ferromagnet(3 + round % 5, &random)
        let pattern = ExampleModels.pattern(table.nodes.map { _ in random.below(3) / 2 })
        verdict = try table.verdict(on: pattern, budget: budget)
        #expect(try Self.check(verdict, pattern, in: table))
      case 2:
        let network = try SpecialExamples.tree(6, &random)
        let nodes = (0..<6).filter { _ in random.below(4) > 0 }
        guard nodes.count > 1 else { continue }
        let pattern = SpatiotemporalPattern(nodes: nodes, values: nodes.map { _ in random.below(2) })
        verdict = try network.verdict(on: pattern, budget: budget)
        #expect(try Self.check(verdict, pattern, in: network))
      default:
        let chain = try SpecialExamples.chain(round, &random, most: 7)
        let pattern = ExampleModels.pattern(SpecialExamples.trajectory(of: chain, &random))
        verdict = try chain.verdict(on: pattern, budget: budget)
        #expect(try Self.check(verdict, pattern, in: chain))
        let slow = try chain.verdict(on: pattern, budget: VerdictBudget(methods: [.search, .branching]))
        #expect(try Self.check(slow, pattern, in: chain))
        #expect(slow.isEntity == verdict.isEntity)
      }
      if verdict.isEntity == true { proved += 1 } else { refuted += 1 }
    }
    #expect(proved >= 60 && refuted >= 60)
  }

  @Test("every sub-pattern of the example chains is judged as the subsets judge it, by any way", arguments: [0, 0.01])
  func examples(epsilon: Double) throws {
    let chain = try ExampleModels.epsilon(epsilon)
    for values in [[0, 0, 0, 0, 0, 0], [0, 1, 0, 1, 0, 1], [0, 0, 1, 0, 1, 0]] {
      let trajectory = ExampleModels.pattern(values)
      guard try chain.probability(of: trajectory) > 0 else { continue }
      for mask in 1..<64 where mask & (mask - 1) != 0 {
        let pattern = trajectory.part(mask)
        for methods in [Set(VerdictMethod.allCases), Self.others, [.search, .branching], [.branching]] {
          let verdict = try chain.verdict(on: pattern, budget: VerdictBudget(annealingMoves: 100, methods: methods))
          #expect(try Self.check(verdict, pattern, in: chain), "\(pattern) by \(methods)")
        }
      }
    }
  }

  @Test("a small budget or a cancelled search gives bounds, never a wrong verdict")
  func budgets() throws {
    var random = Random(seed: 32)
    var unknown = 0
    for round in 0..<150 {
      let table =
        round % 2 == 0 ? try ExampleModels.randomTable(6, &random) : try SpecialExamples.ferromagnet(6, &random)
      let pattern = ExampleModels.pattern(table.nodes.map { _ in random.below(3) / 2 })
      let verdict = try table.verdict(
        on: pattern, budget: VerdictBudget(evaluations: round / 3, annealingMoves: 100, methods: Self.others))
      if try !Self.check(verdict, pattern, in: table) { unknown += 1 }
    }
    #expect(unknown >= 20)
    let table = try SpecialExamples.ferromagnet(6, &random)
    let pattern = ExampleModels.pattern([1, 1, 1, 1, 1, 1])
    let verdict = try table.verdict(on: pattern, budget: VerdictBudget(isCancelled: { true }))
    #expect(verdict.isEntity == nil)
    try Self.check(verdict, pattern, in: table)
    let again = try table.verdict(on: pattern, budget: VerdictBudget(evaluations: 40, methods: Self.others))
    #expect(again == (try table.verdict(on: pattern, budget: VerdictBudget(evaluations: 40, methods: Self.others))))
  }

  @Test("a chain of 200 times is judged by its path cover, a sub-pattern of it too")
  func longChain() throws {
    let chain = try UnivariateChain(initial: [0.5, 0.5], transition: [0.9, 0.1, 0.1, 0.9], timeSteps: 200)
    let constant = ExampleModels.pattern([Int](repeating: 0, count: 200))
    for pattern in [constant, constant.part(on: (0..<200).filter { $0 % 3 == 0 })] {
      let verdict = try chain.verdict(on: pattern)
      let wanted = try ChainIntegration(of: pattern, in: chain).complete
      #expect(wanted > 0.1)
      #expect(verdict == .proved(atLeast: wanted, atMost: wanted, by: .pathCover))
      #expect(try chain.network.verdict(on: pattern) == verdict)
    }
    var values = [Int](repeating: 0, count: 200)
    for time in 100..<200 { values[time] = 1 }
    let verdict = try chain.verdict(on: ExampleModels.pattern(values))
    guard case .refuted(let partition, let integration, .pathCover) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    var oracle = try SurprisalOracle(of: ExampleModels.pattern(values), in: chain)
    #expect(abs(try oracle.integration(of: partition) - integration) < 1e-9)
    #expect(integration <= 1e-9)
  }

  @Test("five independent chains of 40 times are refuted by a partition that recomputes")
  func independentChains() throws {
    var random = Random(seed: 33)
    let chains = try (0..<5).map { _ in
      try UnivariateChain(initial: [0.5, 0.5], transition: [0.9, 0.1, 0.2, 0.8], timeSteps: 40)
    }
    let patterns = chains.map { ExampleModels.pattern(SpecialExamples.trajectory(of: $0, &random)) }
    let (network, pattern) = try SpecialExamples.joined(chains, patterns)
    #expect(network.independentGroups(of: pattern.nodes).count == 5)
    let verdict = try network.verdict(on: pattern)
    guard case .refuted(let partition, let integration, .independence) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    var oracle = try SurprisalOracle(of: pattern, in: network)
    #expect(abs(try oracle.integration(of: partition) - integration) < 1e-9)
    #expect(integration <= 1e-9)
  }

  @Test("copies of one node are one entity of its surprisal, at 40 to 200 nodes", arguments: [40, 100, 200])
  func copies(count: Int) throws {
    let nodes = (0..<count).map { ModelNode("x\($0)", states: 3, place: $0) }
    let table = try JointTable(
      nodes: nodes,
      entries: [(0, 0.125), (1, 0.5), (2, 0.375)].map {
        Trajectory(values: [Int](repeating: $0.0, count: count), probability: $0.1)
      })
    let verdict = try table.verdict(on: ExampleModels.pattern([Int](repeating: 0, count: count)))
    #expect(verdict == .proved(atLeast: 3, atMost: 3, by: .copies))
    var budget = VerdictBudget(annealingMoves: 0, methods: [.branching])
    let branched = try table.verdict(on: ExampleModels.pattern([Int](repeating: 0, count: count)), budget: budget)
    #expect(branched == .proved(atLeast: 3, atMost: 3, by: .branching))
    budget.methods = [.search]
    #expect(
      try table.verdict(on: ExampleModels.pattern([Int](repeating: 0, count: count)), budget: budget).isEntity == nil)
  }

  @Test("copies of several nodes are judged by one node each")
  func copyClasses() throws {
    var random = Random(seed: 34)
    for round in 0..<20 {
      let small = try SpecialExamples.ferromagnet(5, &random)
      let copies = 12
      let table = try JointTable(
        nodes: (0..<5 * copies).map { ModelNode("x\($0)", states: 2, place: $0) },
        entries: small.entries.map { entry in
          Trajectory(values: (0..<5 * copies).map { entry.values[$0 % 5] }, probability: entry.probability)
        })
      let values = (0..<5).map { _ in random.below(3) / 2 }
      let verdict = try table.verdict(on: ExampleModels.pattern((0..<5 * copies).map { values[$0 % 5] }))
      let wanted = try #require(try LocalIntegration(of: ExampleModels.pattern(values), in: small).complete)
      #expect(verdict.isEntity == (wanted > 1e-9), "round \(round)")
      switch verdict {
      case .proved(let least, let most, _): #expect(abs(least - wanted) < 1e-9 && abs(most - wanted) < 1e-9)
      case .refuted(let partition, let integration, _):
        var oracle = try SurprisalOracle(
          of: ExampleModels.pattern((0..<5 * copies).map { values[$0 % 5] }), in: table)
        #expect(abs(try oracle.integration(of: partition) - integration) < 1e-9)
      case .unknown: Issue.record("unknown")
      }
    }
  }

  @Test("nodes that disagree with a tiny probability are no copies, since the pattern may be as improbable")
  func nearCopies() throws {
    let tiny = [([0, 0, 0], 3e-12), ([0, 1, 0], 3e-12), ([1, 0, 0], 3e-12), ([1, 1, 0], 1e-12)]
    let table = try JointTable(
      nodes: (0..<3).map { ModelNode("x\($0)", states: 2, place: $0) },
      entries: (tiny + [([0, 0, 1], 0.5), ([1, 1, 1], 0.5 - 1e-11)]).map { Trajectory(values: $0.0, probability: $0.1) }
    )
    let pattern = ExampleModels.pattern([0, 0, 0])
    let verdict = try table.verdict(on: pattern)
    #expect(try Self.check(verdict, pattern, in: table))
    #expect(verdict.isEntity == false)
  }

  @Test(
    "noisy readings of one hidden node are proved an entity, by attraction and by branching, with the best cut's bits")
  func hiddenCause() throws {
    let count = 17
    let nodes = (0...count).map { ModelNode("x\($0)", states: 2, place: $0) }
    let tables =
      [ConditionalTable(nodes: [0], values: [0.5, 0.5])]
      + (1...count).map { ConditionalTable(nodes: [$0], parents: [0], values: [0.7, 0.3, 0.4, 0.6]) }
    let network = try BayesianNetwork(nodes: nodes, tables: tables)
    let pattern = SpatiotemporalPattern(nodes: Array(1...count), values: [Int](repeating: 1, count: count))
    func cost(_ size: Int) -> Double {
      let (low, high) = (
        (0..<size).reduce(0.5) { value, _ in value * 0.3 }, (0..<size).reduce(0.5) { value, _ in value * 0.6 }
      )
      return -SpecialExamples.bits(low + high)
    }
    let wanted = (1..<count).map { cost($0) + cost(count - $0) - cost(count) }.min() ?? 0
    for method in [VerdictMethod.submodularity, .branching] {
      let verdict = try network.verdict(on: pattern, budget: VerdictBudget(methods: [method]))
      guard case .proved(let least, let most, method) = verdict else {
        Issue.record("\(verdict)")
        continue
      }
      #expect(least == most && abs(least - wanted) < 1e-9)
    }
  }

  @Test("branch and bound alone is exact on networks with joint tables, hidden nodes and three states")
  func branching() throws {
    var random = Random(seed: 35)
    var (proved, refuted) = (0, 0)
    let budget = VerdictBudget(evaluations: 1_000_000, methods: [.branching])
    for round in 0..<120 {
      let network = try SpecialExamples.network(pairs: 4, sharp: round % 3 > 0, &random)
      let likely = try #require(try network.trajectories(limit: 10_000).max { $0.probability < $1.probability })
      let nodes = (0..<8).filter { _ in random.below(5) > 0 }
      guard nodes.count > 1 else { continue }
      let pattern = SpatiotemporalPattern(
        nodes: nodes, values: nodes.map { random.below(6) == 0 ? random.below(2) : likely.values[$0] })
      let verdict = try network.verdict(on: pattern, budget: budget)
      #expect(try Self.check(verdict, pattern, in: network), "round \(round)")
      if case .proved(let least, let most, _) = verdict {
        proved += 1
        let wanted = try #require(try LocalIntegration(of: pattern, in: network).complete)
        #expect(abs(least - wanted) < 1e-9 && abs(most - wanted) < 1e-9, "round \(round)")
      } else {
        refuted += 1
      }
    }
    #expect(proved >= 20 && refuted >= 20)
  }

  @Test("small interactions over 20 steps: 40 nodes are proved, by the bits of cutting between the rows")
  func longEpsilon() throws {
    let chain = try MultivariateMarkovChain(
      variables: ExampleModels.pair, timeSteps: 20,
      initial: [ConditionalTable(nodes: [0, 1], values: [Double](repeating: 0.25, count: 4))],
      transition: .joint((0..<16).map { $0 / 4 == $0 % 4 ? 0.97 : 0.01 }))
    let wanted = 19 * SpecialExamples.bits(0.97 / (0.98 * 0.98))
    let pattern = ExampleModels.pattern([Int](repeating: 0, count: 40))
    guard case .proved(let least, let most, .branching) = try chain.verdict(on: pattern) else {
      Issue.record("not proved")
      return
    }
    #expect(least == most && abs(least - wanted) < 1e-9)
    let flipped = ExampleModels.pattern((0..<40).map { $0 / 20 })
    guard case .refuted(let partition, let integration, _) = try chain.verdict(on: flipped) else {
      Issue.record("not refuted")
      return
    }
    var oracle = try SurprisalOracle(of: flipped, in: chain)
    #expect(abs(try oracle.integration(of: partition) - integration) < 1e-9 && integration <= 1e-9)
  }

  @Test("the search alone refutes nearly all random patterns that are none")
  func search() throws {
    var random = Random(seed: 36)
    var (refutable, found) = (0, 0)
    for round in 0..<120 {
      let table =
        round % 2 == 0 ? try ExampleModels.randomTable(6, &random) : try SpecialExamples.ferromagnet(7, &random)
      let pattern = ExampleModels.pattern(table.nodes.map { _ in random.below(3) / 2 })
      let verdict = try table.verdict(on: pattern, budget: VerdictBudget(annealingMoves: 500, methods: [.search]))
      #expect(verdict.isEntity != true)
      if (try #require(try LocalIntegration(of: pattern, in: table).complete)) <= 1e-9 { refutable += 1 }
      if verdict.isEntity == false { found += 1 }
    }
    #expect(
      refutable >= 40 && found <= refutable && Double(found) >= 0.97 * Double(refutable), "\(found) of \(refutable)")
  }

  @Test("one node has no verdict, and an impossible or foreign pattern is refused")
  func refuses() throws {
    let chain = try ExampleModels.equal(Double.self)
    for (nodes, values) in [([0], [0]), ([0, 2], [0, 1]), ([0, 6], [0, 0]), ([0, 1], [0, 2])] {
      #expect(throws: EntityError.self) {
        try chain.verdict(on: SpatiotemporalPattern(nodes: nodes, values: values))
      }
    }
  }
}
