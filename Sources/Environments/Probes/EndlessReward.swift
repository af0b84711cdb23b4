// SPDX-License-Identifier: Apache-2.0
// Espalier: a reward of 1 for ever.

/// Every step pays 1, and episodes are only ever cut: the value is 1 / (1 - γ), not less.
///
/// * Observation: one number, 1.
/// * Action: anything in the action space; it does not matter.
/// * Reward: 1.
/// * Ending: a cut after ``length`` steps. A learner that takes it for an end finds about 1 / (1 - γ (1 - 1/n)) for *n* steps: 3.1 instead
///   of 10 for γ = 0.9 and *n* = 4.
///
/// Source: in the manner of the probe environments of A. Jones, *Debugging Reinforcement Learning Systems*, 2021.
public struct EndlessReward: SavableEnvironment {
  /// One number.
  public let observationSpace = Space.box(1, from: 0, to: 1)
  /// Whatever a learner can do.
  public let actionSpace: Space
  /// Steps of an episode.
  public let length: Int

  private var elapsed = 0
  private static let name = "endless reward"

  /// - Precondition: `length` is above 0.
  public init(length: Int = 4, actions: Space = .discrete(2)) {
    precondition(length > 0, "rewards for \(length) steps")
    self.length = length
    actionSpace = actions
  }

  /// Begins an episode.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    elapsed = 0
    observation[0] = 1
  }

  /// Pays 1.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    precondition(
      actionSpace.contains(action), "\(Self.name): \(actionSpace.objection(to: action) ?? "another action")")
    elapsed += 1
    observation[0] = 1
    return Step(reward: 1, ending: elapsed >= length ? .truncated : nil)
  }

  /// Steps of the episode.
  public var state: EnvironmentState {
    EnvironmentState(words: [EnvironmentState.mark(of: Self.name), UInt64(elapsed)])
  }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    try state.check(of: Self.name, numbers: 0, words: 2)
    guard state.words[1] <= UInt64(length) else {
      throw .state(environment: Self.name, expected: "at most \(length) steps", got: "\(state.words[1])")
    }
    elapsed = Int(state.words[1])
  }
}
