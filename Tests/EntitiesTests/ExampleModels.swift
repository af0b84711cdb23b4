// SPDX-License-Identifier: Apache-2.0
// Espalier: the models that the tests judge.

import Entities
import SparseCore

/// Chains and tables with known answers, and random ones.
enum ExampleModels {
  static let pair = [ModelNode("a", states: 2, place: 0), ModelNode("b", states: 2, place: 1)]

  /// Two independent constant binary variables over three steps.
  static func equal<Scalar: ProbabilityScalar>(_: Scalar.Type = Scalar.self) throws -> MultivariateMarkovChain<Scalar> {
    try epsilon(.zero)
  }

  /// The same with small interactions: every other slice follows with probability ε.
  static func epsilon<Scalar: ProbabilityScalar>(_ epsilon: Scalar) throws -> MultivariateMarkovChain<Scalar> {
    let quarter = Scalar.one / (.one + .one + .one + .one)
    let stay = Scalar.one - epsilon - epsilon - epsilon
    return try MultivariateMarkovChain(
      variables: pair, timeSteps: 3,
      initial: [ConditionalTable(nodes: [0, 1], values: [Scalar](repeating: quarter, count: 4))],
      transition: .joint((0..<16).map { $0 / 4 == $0 % 4 ? stay : epsilon }))
  }

  /// A joint table of binary variables with random probabilities.
  static func randomTable(_ count: Int, _ random: inout Random) throws -> JointTable<Double> {
    let weights = (0..<1 << count).map { _ in 0.01 + random.uniformDouble() }
    let sum = weights.reduce(0, +)
    return try JointTable(
      nodes: (0..<count).map { ModelNode("x\($0)", states: 2, place: $0) },
      entries: weights.indices.map { index in
        Trajectory(values: (0..<count).map { index >> $0 & 1 }, probability: weights[index] / sum)
      })
  }

  /// A pattern on all nodes of a model.
  static func pattern(_ values: [Int]) -> SpatiotemporalPattern { SpatiotemporalPattern(trajectory: values) }
}
