// SPDX-License-Identifier: Apache-2.0
// Espalier: chains whose entities are known to act and perceive in known ways.

import Entities
import SparseCore
import Testing

/// Chains with particles, random chains and random entities.
enum BehaviourExamples {
  /// A number as a fraction.
  static func fraction<Scalar: ProbabilityScalar>(_ upper: Int, _ lower: Int) throws -> Scalar {
    try #require(Scalar(.text("\(upper)/\(lower)")))
  }

  /// A row of fractions out of whole weights, one at least positive.
  static func row<Scalar: ProbabilityScalar>(_ weights: [Int]) throws -> [Scalar] {
    let sum = weights.reduce(0, +)
    return try weights.map { try fraction($0, sum) }
  }

  /// Small whole weights, often 0, one at least positive.
  static func weights(_ count: Int, most: Int, _ random: inout Random) -> [Int] {
    var weights = (0..<count).map { _ in random.below(most + 1) }
    if weights.allSatisfy({ $0 == 0 }) { weights[random.below(count)] = 1 }
    return weights
  }

  /// A chain of some variables with random whole weights, so that zeros and equal rows are common.
  static func chain<Scalar: ProbabilityScalar>(
    states: [Int], timeSteps: Int, _ random: inout Random
  ) throws -> MultivariateMarkovChain<Scalar> {
    let slices = states.reduce(1, *)
    let kinds = try (0..<3).map { _ -> [Scalar] in try row(weights(slices, most: 2, &random)) }
    var rows: [Scalar] = []
    for _ in 0..<slices { rows += kinds[random.below(3)] }
    return try MultivariateMarkovChain(
      variables: states.enumerated().map { ModelNode("v\($0)", states: $1, place: $0) }, timeSteps: timeSteps,
      initial: [
        ConditionalTable(nodes: Array(states.indices), values: try row(weights(slices, most: 2, &random)))
      ], transition: .joint(rows))
  }

  /// Random parts of the chain's possible trajectories; when complete also what all of them have on
  /// the first variable or on some random nodes.
  static func patterns<Scalar: ProbabilityScalar>(
    of chain: MultivariateMarkovChain<Scalar>, count: Int, isComplete: Bool, _ random: inout Random
  ) throws -> [SpatiotemporalPattern] {
    let trajectories = try chain.trajectories(limit: 10_000)
    let first = chain.nodes.indices.filter { chain.nodes[$0].place == 0 }.reduce(0) { $0 | 1 << $1 }
    let mask = random.below(2) == 0 ? first : random.below(1 << chain.nodes.count) | 1
    let complete = trajectories.map { SpatiotemporalPattern(trajectory: $0.values).part(mask) }
    return (isComplete ? complete : [])
      + (0..<(isComplete ? count / 4 : count)).map { _ in
        let whole = SpatiotemporalPattern(trajectory: trajectories[random.below(trajectories.count)].values)
        return whole.part(1 + random.below((1 << whole.count) - 1))
      }
  }

  /// A ring of three sites, a particle on one of them, and a wind that is drawn anew every step.
  ///
  /// With the wind the particle moves on with probability `gust`, without it with 1 − `gust`. Nodes of a slice: the sites, then the wind.
  static func windyRing<Scalar: ProbabilityScalar>(
    gust: Scalar, timeSteps: Int
  ) throws -> MultivariateMarkovChain<Scalar> {
    let half: Scalar = try fraction(1, 2)
    var initial = [Scalar](repeating: .zero, count: 16)
    var rows = [Scalar](repeating: .zero, count: 256)
    for slice in 0..<16 {
      guard let site = [4, 2, 1].firstIndex(of: slice / 2) else {
        rows[slice * 16 + slice] = .one
        continue
      }
      initial[slice] = try fraction(1, 6)
      let moves = slice % 2 == 1 ? gust : .one - gust
      for wind in 0..<2 {
        rows[slice * 16 + [4, 2, 1][(site + 1) % 3] * 2 + wind] += moves * half
        rows[slice * 16 + [4, 2, 1][site] * 2 + wind] += (.one - moves) * half
      }
    }
    return try MultivariateMarkovChain(
      variables: ["left", "middle", "right", "wind"].enumerated().map { ModelNode($1, states: 2, place: $0) },
      timeSteps: timeSteps, initial: [ConditionalTable(nodes: [0, 1, 2, 3], values: initial)],
      transition: .joint(rows))
  }

  /// A ring of four sites and two particles that exclude each other: each stays or moves on with equal probability, but never
  /// onto the site of the other.
  static func exclusion() throws -> MultivariateMarkovChain<Rational> {
    var initial = [Rational](repeating: .zero, count: 16)
    var rows = [Rational](repeating: .zero, count: 256)
    let quarter = Rational(1, 4)
    for slice in 0..<16 {
      let sites = (0..<4).filter { slice >> (3 - $0) & 1 == 1 }
      guard sites.count == 2 else {
        rows[slice * 16 + slice] = .one
        continue
      }
      initial[slice] = Rational(1, 6)
      for choice in 0..<4 {
        let wanted = [(sites[0] + choice % 2) % 4, (sites[1] + choice / 2) % 4]
        let moved = sites.indices.map { sites.contains(wanted[$0]) ? sites[$0] : wanted[$0] }
        rows[slice * 16 + moved.reduce(0) { $0 | 1 << (3 - $1) }] += quarter
      }
    }
    return try MultivariateMarkovChain(
      variables: (0..<4).map { ModelNode("site\($0)", states: 2, place: $0) }, timeSteps: 3,
      initial: [ConditionalTable(nodes: [0, 1, 2, 3], values: initial)], transition: .joint(rows))
  }

  /// The patterns of something that is on one site of a ring at each time and stays or moves on, as far as they are possible.
  static func paths<Scalar: ProbabilityScalar>(
    sites: Int, in chain: MultivariateMarkovChain<Scalar>
  ) throws -> [SpatiotemporalPattern] {
    var courses = (0..<sites).map { [$0] }
    for _ in 1..<chain.timeSteps {
      courses = courses.flatMap { course in (0..<2).map { course + [(course[course.count - 1] + $0) % sites] } }
    }
    let patterns = courses.map { course in
      SpatiotemporalPattern(
        nodes: course.enumerated().map { $0 * chain.variables.count + $1 }, values: course.map { _ in 1 })
    }
    return try patterns.filter { try chain.probability(of: $0) > .zero }
  }
}
