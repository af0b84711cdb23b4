// SPDX-License-Identifier: Apache-2.0
// Espalier: a row of slot machines.

internal import SparseCore

/// A bandit with several arms, whose mean rewards are given or drawn at each reset.
///
/// * Observation: nothing; one choice of one, 0.
/// * Action: the arm.
/// * Reward: 1 with the arm's mean as chance and 0 otherwise, or normal about the arm's mean.
/// * Ending: none. A reset begins a new bandit when means are drawn.
/// * Usual time limit: 100 steps, as in the papers on learning to learn. It is not part of the environment.
///
/// ``bestMean`` is what the best arm pays on average, so that the regret of a pull is `bandit.bestMean - bandit.means[arm]`:
///
///     var bandit = Bandit(.opposed)                  // two arms that pay with chances p and 1 - p
///     _ = try bandit.reset(seed: 1)
///     let step = try bandit.step(0).step
///     let regret = bandit.bestMean - bandit.means[0]
///
/// Draws come from `Random`: those of a pull depend on the seed, the episode's and the pull's numbers, and not on the arm.
///
/// Source: H. Robbins, *Some aspects of the sequential design of experiments*, 1952; ten normal arms: R. Sutton, A. Barto,
/// *Reinforcement Learning*, section 2.3; opposed arms: J. Wang et al., *Learning to reinforcement learn*, 2016, arXiv:1611.05763.
public struct Bandit: SavableEnvironment {
  /// Where the arms' means come from.
  public enum Means: Sendable, Equatable {
    /// They are these.
    case given([Double])
    /// Each reset draws them independently: uniform in 0 ..< 1 for `Payout.bernoulli`, standard normal for `Payout.gaussian`.
    case drawn(arms: Int)
    /// Two arms: each reset draws p, uniform in 0 ..< 1, and their means are p and 1 - p.
    case opposed
  }

  /// How an arm pays.
  public enum Payout: Sendable, Equatable {
    /// 1 with the mean as chance, otherwise 0.
    case bernoulli
    /// A normal number about the mean.
    case gaussian(deviation: Double)
  }

  /// Nothing: always 0.
  public let observationSpace = Space.discrete(1)
  /// The arm.
  public let actionSpace: Space
  /// Where the arms' means come from.
  public let source: Means
  /// How an arm pays.
  public let payout: Payout
  /// What each arm pays on average in this episode.
  public private(set) var means: [Double]

  private var draws = EpisodeDraws(seed: 0)

  private static let name = "bandit"

  /// - Parameters:
  ///   - source: where the arms' means come from.
  ///   - payout: how an arm pays. The means of `.bernoulli` arms are chances, 0 ... 1.
  public init(_ source: Means = .drawn(arms: 10), payout: Payout = .bernoulli) {
    self.source = source
    self.payout = payout
    switch source {
    case .given(let given): means = given
    case .drawn(let arms): means = [Double](repeating: 0, count: max(0, arms))
    case .opposed: means = [0, 1]
    }
    precondition(!means.isEmpty && means.allSatisfy(\.isFinite), "a bandit with means \(means)")
    switch payout {
    case .bernoulli:
      precondition(means.allSatisfy { (0...1).contains($0) }, "a Bernoulli bandit with means \(means)")
    case .gaussian(let deviation): precondition(deviation >= 0, "a bandit with a deviation of \(deviation)")
    }
    actionSpace = .discrete(means.count)
    drawMeans()
  }

  /// What the best arm pays on average in this episode.
  public var bestMean: Double { means.max() ?? 0 }

  /// Begins an episode, with other means when they are drawn.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    draws.reset(seed: seed)
    drawMeans()
    observation[0] = 0
  }

  /// Pulls an arm.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    let mean = means[action.choice(below: means.count, in: Self.name)]
    var random = draws.next()
    observation[0] = 0
    switch payout {
    case .bernoulli: return Step(reward: random.uniformDouble() < mean ? 1 : 0)
    case .gaussian(let deviation): return Step(reward: mean + deviation * Double(random.normal()))
    }
  }

  /// Draws this episode's means, when they are not given.
  private mutating func drawMeans() {
    var random = draws.beginning
    switch source {
    case .given: break
    case .drawn:
      for arm in means.indices {
        means[arm] = payout == .bernoulli ? random.uniformDouble() : Double(random.normal())
      }
    case .opposed:
      means[0] = random.uniformDouble()
      means[1] = 1 - means[0]
    }
  }
}

extension Bandit {
  /// The means; the seed, the episode and the pulls in it.
  public var state: EnvironmentState {
    EnvironmentState(numbers: means, words: [EnvironmentState.mark(of: Self.name)] + draws.words)
  }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    try state.check(of: Self.name, numbers: means.count, words: 4)
    if payout == .bernoulli, let mean = state.numbers.first(where: { !(0...1).contains($0) }) {
      throw .state(environment: Self.name, expected: "chances in 0...1", got: "\(mean)")
    }
    if case .given(let given) = source, given != state.numbers {
      throw .state(environment: Self.name, expected: "the means \(given)", got: "\(state.numbers)")
    }
    means = state.numbers
    draws = EpisodeDraws(words: state.words.dropFirst())
  }
}
