// SPDX-License-Identifier: Apache-2.0
// Espalier: a choice that pays later.

/// The first choice of an episode pays at its end: values must find their way back, step by step.
///
/// * Observation: 0 at the beginning; then 2 *t* - 1 after *t* steps when the first choice was 0, 2 *t* when it was 1.
/// * Action: 0 or 1; only the first one counts.
/// * Reward: 1 with the last step when the first choice was 1, else 0.
/// * Ending: a true end after ``delay`` + 1 steps.
///
/// The value of the right first choice is γ^delay, that of the wrong one 0. A learner that does not bootstrap finds 0 for both when
/// ``delay`` is above 0; one that looks past the end finds more.
///
/// Source: in the manner of the probe environments of A. Jones, *Debugging Reinforcement Learning Systems*, 2021.
public struct DelayedReward: SavableEnvironment {
  /// Where one is, and the first choice.
  public let observationSpace: Space
  /// 0 or 1.
  public let actionSpace = Space.discrete(2)
  /// Steps between the choice and its reward.
  public let delay: Int

  private var elapsed = 0
  private var first = 0
  private static let name = "delayed reward"

  /// - Precondition: `delay` is at least 0.
  public init(delay: Int = 2) {
    precondition(delay >= 0, "a reward \(delay) steps later")
    self.delay = delay
    // What is seen after the last step is one of them.
    observationSpace = .discrete(2 * (delay + 1) + 1)
  }

  /// Begins an episode.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    (elapsed, first) = (0, 0)
    observation[0] = 0
  }

  /// Takes the first choice, or goes on.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    let choice = action.choice(below: 2, in: Self.name)
    if elapsed == 0 { first = choice }
    elapsed += 1
    observation[0] = Float(2 * elapsed - 1 + first)
    let isOver = elapsed > delay
    return Step(reward: isOver ? Double(first) : 0, terminated: isOver)
  }

  /// Steps of the episode and the first choice.
  public var state: EnvironmentState {
    EnvironmentState(words: [EnvironmentState.mark(of: Self.name), UInt64(elapsed), UInt64(first)])
  }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    try state.check(of: Self.name, numbers: 0, words: 3)
    guard state.words[1] <= UInt64(delay) + 1, state.words[2] < 2 else {
      throw .state(
        environment: Self.name, expected: "at most \(delay + 1) steps and a choice of 0 or 1",
        got: "\(state.words[1]) and \(state.words[2])")
    }
    (elapsed, first) = (Int(state.words[1]), Int(state.words[2]))
  }
}
