// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of models and their marginals.

import Entities
import SparseCore
import Testing

@Suite("Models of random variables")
struct ModelTests {
  @Test("drawn trajectories are as frequent as they are probable, for every kind of model")
  func draws() throws {
    func check(_ model: any ProbabilityModel<Double>) throws {
      var random = Random(seed: 11)
      var counts: [[Int]: Int] = [:]
      let draws = 4000
      for _ in 0..<draws { counts[model.draw(&random), default: 0] += 1 }
      for trajectory in try model.trajectories(limit: 1000) {
        let wanted = trajectory.probability * Double(draws)
        let got = Double(counts.removeValue(forKey: trajectory.values) ?? 0)
        #expect(abs(got - wanted) <= 5 * (wanted * (1 - trajectory.probability)).squareRoot() + 1e-9)
      }
      #expect(counts.isEmpty)
    }
    var random = Random(seed: 2)
    try check(ExampleModels.randomChain(variables: 2, steps: 2, &random))
    try check(ExampleModels.randomTable(3, &random))
    try check(ElementaryAutomaton(rule: 30, timeSteps: 2, initial: [0.2, 1, 0.7, 0.5]))
    try check(LifeRegion(rows: 1, columns: 1, timeSteps: 2, initial: 0.4))
    try check(UnivariateChain(initial: [0.3, 0.7], transition: [0.9, 0.1, 0.5, 0.5], timeSteps: 3))
  }

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
