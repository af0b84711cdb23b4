// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of specific and complete local integration.

import Entities
import SparseCore
import Testing

@Suite("Local integration")
struct LocalIntegrationTests {
  @Test("two constant chains: eight entities of one bit on each possible trajectory")
  func equalChains() throws {
    let chain = try ExampleModels.equal(Double.self)
    let trajectories = try chain.trajectories(limit: 100)
    #expect(trajectories.count == 4)
    var patterns = Set<SpatiotemporalPattern>()
    for trajectory in trajectories {
      let integration = try LocalIntegration(of: ExampleModels.pattern(trajectory.values), in: chain)
      let entities = integration.entities()
      #expect(entities.count == 8)
      #expect(entities.allSatisfy { abs($0.integration - 1) < 1e-9 })
      #expect(entities.allSatisfy { Set($0.pattern.nodes.map { $0 % 2 }).count == 1 })
      #expect(abs(integration.complete ?? 1) < 1e-12)
      patterns.formUnion(entities.map(\.pattern))
    }
    #expect(patterns.count == 16)
  }

  @Test("small interactions: the constant trajectory holds together by 0.028699 bits and has 22 entities")
  func epsilonChains() throws {
    let chain = try ExampleModels.epsilon(0.01)
    let integration = try LocalIntegration(of: ExampleModels.pattern([0, 0, 0, 0, 0, 0]), in: chain)
    #expect(abs(integration.probability(integration.whole) - 0.235225) < 1e-12)
    #expect(abs((integration.complete ?? 0) - 0.028699) < 5e-7)
    #expect(integration.entities().count == 22)
  }

  @Test("the program of Documentation/Entities.md prints what stands there")
  func program() throws {
    let variables = [ModelNode("a", states: 2, place: 0), ModelNode("b", states: 2, place: 1)]
    let stay = 0.97, turn = 0.01
    let chain = try MultivariateMarkovChain(
      variables: variables, timeSteps: 3,
      initial: [ConditionalTable(nodes: [0, 1], values: [0.25, 0.25, 0.25, 0.25])],
      transition: .joint((0..<16).map { $0 / 4 == $0 % 4 ? stay : turn }))
    let integration = try LocalIntegration(of: SpatiotemporalPattern(trajectory: [0, 0, 0, 0, 0, 0]), in: chain)
    #expect("\(integration.complete ?? 0)".hasPrefix("0.0286986874") && integration.entities().count == 22)
    #expect(try DisintegrationHierarchy(of: integration).levels.count == 15)
    #expect(try !EntitySet.iota(of: chain).selecting(.maximal).behaviour().steps.isEmpty)
  }

  @Test("all trajectories at once are judged as each by itself")
  func trajectories() throws {
    for chain in [try ExampleModels.epsilon(0.01), try ExampleModels.equal(Double.self)] {
      for (trajectory, integration) in try LocalIntegration.ofTrajectories(of: chain, limit: 64) {
        let alone = try LocalIntegration(of: ExampleModels.pattern(trajectory.values), in: chain)
        for mask in 1...alone.whole { #expect(abs(alone.surprisals[mask] - integration.surprisals[mask]) < 1e-12) }
        #expect(alone.entities().map(\.pattern) == integration.entities().map(\.pattern))
      }
    }
    #expect(throws: EntityError.self) {
      try LocalIntegration.ofTrajectories(of: ExampleModels.epsilon(0.01), limit: 63)
    }
  }
}
