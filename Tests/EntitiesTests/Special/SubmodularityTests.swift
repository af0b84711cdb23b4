// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of submodular surprisal and Queyranne's algorithm.

import Entities
import SparseCore
import Testing

@Suite("Submodular surprisal")
struct SubmodularityTests {
  @Test("on random ferromagnetic systems the best cut in two is the complete local integration")
  func ferromagnets() throws {
    var random = Random(seed: 21)
    for round in 0..<120 {
      let table = try SpecialExamples.ferromagnet(4 + round % 5, &random)
      let pattern = ExampleModels.pattern([Int](repeating: round % 2, count: table.nodes.count))
      var oracle = try SurprisalOracle(of: pattern, in: table)
      #expect(try oracle.submodularity(random: &random) == .everyPart)
      let (integration, partition) = try oracle.leastBipartition()
      let all = try LocalIntegration(of: pattern, in: table)
      #expect(abs(integration - (try #require(all.complete))) < 1e-9)
      #expect(partition.blocks.count == 2)
      #expect(abs(try all.specific(partition) - integration) < 1e-12)
    }
  }

  @Test("small interactions: the constant trajectory passes and has 0.028699 bits")
  func epsilonChains() throws {
    var random = Random(seed: 22)
    var oracle = try SurprisalOracle(
      of: ExampleModels.pattern([0, 0, 0, 0, 0, 0]), in: try ExampleModels.epsilon(0.01))
    #expect(try oracle.submodularity(random: &random) == .everyPart)
    #expect(oracle.evaluations == 62)
    let (integration, partition) = try oracle.leastBipartition()
    #expect(abs(integration - 0.028699) < 5e-7)
    #expect(partition.description == "0,2,4|1,3,5")
    #expect(oracle.evaluations == 62, "all parts are remembered")
  }

  @Test("the bipartition trap fails the certificate, and its best cut in two is not its integration")
  func trap() throws {
    var random = Random(seed: 23)
    let table = try SpecialExamples.trap()
    let pattern = ExampleModels.pattern([1, 1, 1])
    var oracle = try SurprisalOracle(of: pattern, in: table)
    let certificate = try oracle.submodularity(random: &random)
    #expect(!certificate.isProof)
    guard case .violated(let nodes, let first, let second, let excess) = certificate else {
      Issue.record("no violation but \(certificate)")
      return
    }
    let one = try oracle.surprisal(of: nodes + [first]) + oracle.surprisal(of: nodes + [second])
    #expect(
      abs(try oracle.surprisal(of: nodes + [first, second]) + oracle.surprisal(of: nodes) - one - excess) < 1e-12)
    #expect(excess > 0.1)
    #expect(abs(try oracle.leastBipartition().integration - 0.1926) < 5e-5)
    #expect(abs(try oracle.integration(of: NodePartition([[0], [1], [2]])) + 0.0589) < 5e-5)
    var sampled = try SurprisalOracle(of: pattern, in: table)
    #expect(try !sampled.submodularity(exhaustiveNodes: 2, samples: 50, random: &random).isProof)
    for methods in [
      Set(VerdictMethod.allCases), [.submodularity], [.submodularity, .branching], [.submodularity, .search],
    ] {
      let verdict = try table.verdict(on: pattern, budget: VerdictBudget(methods: methods))
      #expect(verdict.isEntity != true, "\(methods)")
      if methods != [.submodularity] { #expect(verdict.isEntity == false) }
    }
  }

  @Test("random parts without a violation are no proof")
  func samples() throws {
    var random = Random(seed: 24)
    let table = try SpecialExamples.ferromagnet(5, &random)
    var oracle = try SurprisalOracle(of: ExampleModels.pattern([1, 1, 1, 1, 1]), in: table)
    let certificate = try oracle.submodularity(exhaustiveNodes: 4, samples: 30, random: &random)
    #expect(certificate == .sampled(30) && !certificate.isProof)
  }

  @Test("tables that attract are recognised, hidden nodes and reversed values included, and imply submodularity")
  func attraction() throws {
    var random = Random(seed: 25)
    var (attractive, not) = (0, 0)
    for _ in 0..<80 {
      let network = try SpecialExamples.tree(7, &random)
      let nodes = (0..<7).filter { $0 > 4 || random.below(3) == 0 }
      let pattern = SpatiotemporalPattern(nodes: nodes, values: nodes.map { _ in random.below(2) })
      var oracle = try SurprisalOracle(of: pattern, in: network)
      let certificate = try oracle.submodularity(random: &random)
      if network.attracts(pattern) {
        attractive += 1
        #expect(certificate == .attractiveTables)
        #expect(oracle.evaluations == 0)
        let integration = try oracle.leastBipartition().integration
        #expect(abs(integration - (try #require(try LocalIntegration(of: pattern, in: network).complete))) < 1e-9)
      } else {
        not += 1
      }
    }
    #expect(attractive >= 5 && not >= 20)
    // An effect of two causes makes them compete: no order of states is attractive.
    let effect = try BayesianNetwork(
      nodes: (0..<3).map { ModelNode("x\($0)", states: 2, place: $0) },
      tables: [
        ConditionalTable(nodes: [0], values: [0.5, 0.5]), ConditionalTable(nodes: [1], values: [0.5, 0.5]),
        ConditionalTable(nodes: [2], parents: [0, 1], values: [0.9, 0.1, 0.3, 0.7, 0.3, 0.7, 0.1, 0.9]),
      ])
    #expect(!effect.attracts(ExampleModels.pattern([1, 1, 1])))
    // Two values that exclude each other, which no two of the three nodes show alone once the third is fixed.
    let opposed = try BayesianNetwork(
      nodes: (0..<3).map { ModelNode("x\($0)", states: 2, place: $0) },
      tables: [ConditionalTable(nodes: [0, 1, 2], values: [0, 0, 0, 0.5, 0.5, 0, 0, 0])])
    #expect(!opposed.attracts(SpatiotemporalPattern(nodes: [0, 1], values: [1, 1])))
  }

  @Test("a chain of three ordered states attracts at either end, not in the middle or at both")
  func ends() throws {
    let chain = try UnivariateChain(
      initial: [0.3, 0.4, 0.3], transition: [0.8, 0.2, 0, 0.1, 0.8, 0.1, 0, 0.2, 0.8], timeSteps: 6)
    for (values, isAttractive) in [
      ([2, 2, 2, 2, 2, 2], true), ([0, 0, 0, 0, 0, 0], true), ([1, 1, 1, 1, 1, 1], false), ([0, 0, 1, 2, 2, 2], false),
    ] {
      let pattern = ExampleModels.pattern(values)
      #expect(chain.network.attracts(pattern) == isAttractive)
      #expect(chain.network.attracts(pattern.part(on: [1, 4, 5])) == isAttractive)
      guard isAttractive else { continue }
      var oracle = try SurprisalOracle(of: pattern, in: chain.network)
      #expect(
        abs(try oracle.leastBipartition().integration - (try ChainIntegration(of: pattern, in: chain).complete)) < 1e-9)
    }
    #expect(!chain.network.attracts(ExampleModels.pattern([0, 0, 1, 2, 2, 2]).part(on: [1, 4])))
  }

  @Test("an oracle refuses beyond its budget, foreign nodes, one-node cuts and impossible patterns")
  func refuses() throws {
    let chain = try ExampleModels.equal(Double.self)
    var oracle = try SurprisalOracle(of: ExampleModels.pattern([0, 0, 0, 0, 0, 0]), in: chain, budget: 1)
    #expect(try oracle.surprisal(of: [0]) == 1)
    #expect(try oracle.surprisal(of: [0]) == 1)
    #expect(oracle.evaluations == 1 && oracle.isExhausted)
    #expect(throws: EntityError.self) { try oracle.surprisal(of: [1]) }
    #expect(throws: EntityError.self) { try oracle.surprisal(of: [6]) }
    #expect(throws: EntityError.self) { try oracle.integration(of: NodePartition([[0], [1]])) }
    #expect(throws: EntityError.self) { try SurprisalOracle(of: ExampleModels.pattern([0, 0, 1, 0, 0, 0]), in: chain) }
    var single = try SurprisalOracle(of: SpatiotemporalPattern(nodes: [3], values: [0]), in: chain)
    #expect(throws: EntityError.self) { try single.leastBipartition() }
  }
}
