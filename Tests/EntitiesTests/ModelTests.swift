// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of models and their marginals.

import Entities
import Testing

@Suite("Models of random variables")
struct ModelTests {
  @Test("the example of the documentation")
  func example() throws {
    let rain = ConditionalTable(nodes: [0], values: [0.8, 0.2])
    let wet = ConditionalTable(nodes: [1], parents: [0], values: [0.9, 0.1, 0.2, 0.8])
    let network = try BayesianNetwork(
      nodes: [ModelNode("rain", states: 2, place: 0), ModelNode("wet", states: 2, place: 1)], tables: [wet, rain])
    #expect(abs(try network.probability(of: SpatiotemporalPattern(nodes: [1], values: [1])) - 0.24) < 1e-15)
    let agreement = try network.agreement(with: SpatiotemporalPattern(nodes: [0, 1], values: [1, 0]))
    for (got, wanted) in zip(agreement, [0.08, 0.16, 0.72, 0.04]) { #expect(abs(got - wanted) < 1e-15) }
  }
}
