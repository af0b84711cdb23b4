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
}
