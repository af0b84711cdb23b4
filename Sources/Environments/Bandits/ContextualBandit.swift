// SPDX-License-Identifier: Apache-2.0
// Espalier: a bandit whose best arm depends on what is seen.

internal import SparseCore

/// A bandit that shows a vector before each pull, and whose arms pay a linear function of it.
///
/// Arm a pays on average the product of its hidden weights and the context; the pull adds a normal number.
///
/// * Observation: the context, independent standard normal numbers drawn anew for each pull.
/// * Action: the arm.
/// * Reward: weights of the arm times the context, plus a normal number of ``deviation``.
/// * Start: each reset draws the weights, normal with variance 1 / features, so that an arm's mean has variance 1; or they are given.
/// * Ending: none.
/// * Usual time limit: 1,000 steps. It is not part of the environment.
///
/// ``mean(of:)`` and ``bestMean`` are those of the context that was observed last: read them before the pull for its regret.
///
///     var bandit = ContextualBandit(arms: 3, features: 5)
///     var context = try bandit.reset(seed: 1)
///     let regret = bandit.bestMean - bandit.mean(of: 2)
///     context = try bandit.step(2).observation
///
/// Source: L. Li et al., *A contextual-bandit approach to personalized news article recommendation*, WWW 2010, section 3.1,
/// arXiv:1003.0146 (disjoint linear models).
public struct ContextualBandit: SavableEnvironment {
  /// The context.
  public let observationSpace: Space
  /// The arm.
  public let actionSpace: Space
  /// How many arms there are.
  public let arms: Int
  /// How many numbers a context has.
  public let features: Int
  /// The standard deviation of a pull.
  public let deviation: Double
  /// The hidden weights of this episode, `[arms, features]`, row by row.
  public private(set) var weights: [Double]

  private let areGiven: Bool
  private var context: [Double]
  private var draws = EpisodeDraws(seed: 0)

  private static let name = "contextual-bandit"

  /// - Parameters:
  ///   - arms: how many arms there are.
  ///   - features: how many numbers a context has.
  ///   - deviation: the standard deviation of a pull.
  ///   - weights: `[arms, features]`, row by row; nil draws them at each reset.
  public init(arms: Int = 5, features: Int = 8, deviation: Double = 0.1, weights: [Double]? = nil) {
    precondition(
      arms > 0 && features > 0 && deviation >= 0, "\(arms) arms, \(features) features, deviation \(deviation)")
    precondition(
      weights.map { $0.count == arms * features && $0.allSatisfy(\.isFinite) } ?? true,
      "\(weights?.count ?? 0) weights for [\(arms), \(features)]")
    self.arms = arms
    self.features = features
    self.deviation = deviation
    self.weights = weights ?? [Double](repeating: 0, count: arms * features)
    areGiven = weights != nil
    context = [Double](repeating: 0, count: features)
    observationSpace = .box(features)
    actionSpace = .discrete(arms)
    begin()
  }

  /// What an arm pays on average in the context observed last.
  ///
  /// - Complexity: O(*features*).
  public func mean(of arm: Int) -> Double {
    precondition(arm >= 0 && arm < arms, "arm \(arm) of \(arms)")
    var sum = 0.0
    for feature in 0..<features { sum += weights[arm * features + feature] * context[feature] }
    return sum
  }

  /// What the best arm pays on average in the context observed last.
  ///
  /// - Complexity: O(*arms* x *features*).
  public var bestMean: Double {
    var best = mean(of: 0)
    for arm in 1..<max(1, arms) { best = max(best, mean(of: arm)) }
    return best
  }

  /// Begins an episode, with other weights when they are drawn.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    draws.reset(seed: seed)
    begin()
    observe(into: &observation)
  }

  /// Pulls an arm, and shows the next context.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    let mean = mean(of: action.choice(below: arms, in: Self.name))
    var random = draws.next()
    let reward = mean + deviation * Double(random.normal())
    drawContext(from: &random)
    observe(into: &observation)
    return Step(reward: reward)
  }

  /// Draws the episode's weights and its first context.
  private mutating func begin() {
    var random = draws.beginning
    if !areGiven {
      let scale = (1 / Double(features)).squareRoot()
      for index in weights.indices { weights[index] = scale * Double(random.normal()) }
    }
    drawContext(from: &random)
  }

  private mutating func drawContext(from random: inout Random) {
    for feature in 0..<features { context[feature] = Double(random.normal()) }
  }

  private func observe(into observation: inout MutableSpan<Float>) {
    for feature in 0..<features { observation[feature] = Float(context[feature]) }
  }
}

extension ContextualBandit {
  /// The weights, then the context; the seed, the episode and the pulls in it.
  public var state: EnvironmentState {
    EnvironmentState(numbers: weights + context, words: [EnvironmentState.mark(of: Self.name)] + draws.words)
  }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    try state.check(of: Self.name, numbers: weights.count + features, words: 4)
    let saved = Array(state.numbers.prefix(weights.count))
    guard !areGiven || saved == weights else {
      throw .state(environment: Self.name, expected: "the weights that were given", got: "others")
    }
    weights = saved
    context = Array(state.numbers.suffix(features))
    draws = EpisodeDraws(words: state.words.dropFirst())
  }
}
