// SPDX-License-Identifier: Apache-2.0
// Espalier: two states whose values are known.

internal import SparseCore

/// Two states, two choices: a Markov decision process whose values and best policy are known for every discount γ.
///
/// * Observation: the state, 0 or 1.
/// * Action: 0 stays, 1 goes to the other state.
/// * Reward: staying pays 1 in state 0 and 2 in state 1; going pays -1 from state 0 and 0 from state 1.
/// * Ending: after ``length`` steps, a cut or, with `ends: .terminated`, a true end. Neither shows in the observation. Episodes begin in
///   either state with the same chance.
///
/// It never pays to leave state 1, so Q(1, stay) = 2 / (1 - γ). It pays to leave state 0 when γ > 2/3. For γ = 0.9:
///
/// | state | stay | go | value |
/// |---|---|---|---|
/// | 0 | 16.3 | 17 | 17 |
/// | 1 | 20 | 15.3 | 20 |
///
/// A learner that takes the cut for an end sees the future with a chance of 1 - 1/n only, for *n* steps: it finds the values of the
/// discount γ (1 - 1/n), for *n* = 3 and γ = 0.9 that is 0.6 with the values 2.5 and 5, and it stays in state 0. With true ends these values
/// are the right ones, and a learner that looks past them finds those of the table. ``values(discount:)`` tells all of them:
///
///     TwoStates.values(discount: 0.9)          // [[16.3, 17], [20, 15.3]]
///     TwoStates.values(discount: 0.9 * 2 / 3)  // [[2.5, 2], [5, 1.5]]
///
/// Draws come from `Random`, and depend on the seed and the episode's number alone.
///
/// Source: in the manner of the probe environments of A. Jones, *Debugging Reinforcement Learning Systems*, 2021.
public struct TwoStates: SavableEnvironment {
  /// The state.
  public let observationSpace = Space.discrete(2)
  /// Stay or go.
  public let actionSpace = Space.discrete(2)
  /// Steps of an episode.
  public let length: Int
  /// How an episode ends.
  public let ending: Ending

  private var place = 0
  private var elapsed = 0
  private var draws = EpisodeDraws(seed: 0)
  private static let name = "two states"

  /// - Parameters:
  ///   - length: steps of an episode, above 0.
  ///   - ending: whether an episode is cut or truly ends.
  public init(length: Int = 3, ends ending: Ending = .truncated) {
    precondition(length > 0, "two states for \(length) steps")
    self.length = length
    self.ending = ending
  }

  /// The values of both choices in both states, `[state][choice]`, of the best policy without an end.
  ///
  /// - Parameter discount: γ, at least 0 and below 1.
  public static func values(discount: Double) -> [[Double]] {
    precondition(discount >= 0 && discount < 1, "a discount of \(discount)")
    let second = 2 / (1 - discount)
    let go = -1 + discount * second
    let first = max(1 / (1 - discount), go)
    return [[1 + discount * first, go], [second, discount * first]]
  }

  /// Begins an episode in either state.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    draws.reset(seed: seed)
    var random = draws.beginning
    place = random.below(2)
    elapsed = 0
    observation[0] = Float(place)
  }

  /// Stays or goes.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    let goes = action.choice(below: 2, in: Self.name) == 1
    let reward = goes ? (place == 0 ? -1.0 : 0) : (place == 0 ? 1 : 2)
    if goes { place = 1 - place }
    elapsed += 1
    observation[0] = Float(place)
    return Step(reward: reward, ending: elapsed >= length ? ending : nil)
  }

  /// The seed, the episode, its draws; the state, and steps of the episode.
  public var state: EnvironmentState {
    EnvironmentState(
      words: [EnvironmentState.mark(of: Self.name)] + draws.words + [UInt64(place), UInt64(elapsed)])
  }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    try state.check(of: Self.name, numbers: 0, words: 6)
    guard state.words[4] < 2, state.words[5] <= UInt64(length) else {
      throw .state(
        environment: Self.name, expected: "state 0 or 1 and at most \(length) steps",
        got: "\(state.words[4]) and \(state.words[5])")
    }
    draws = EpisodeDraws(words: state.words[1..<4])
    place = Int(state.words[4])
    elapsed = Int(state.words[5])
  }
}
