// SPDX-License-Identifier: Apache-2.0
// Espalier: a task whose answer is what it shows.

internal import SparseCore

/// Do what is shown: a task that every learner must master in seconds, for any kind of action.
///
/// * Observation: a value of the action space, drawn anew at each step.
/// * Action: the same value is best.
/// * Reward: the share of the numbers that agree, for choices; minus the mean distance, for numbers of a box (-1 ... 1).
/// * Ending: cut after ``length`` steps, so that the best policy's value is ``bestReward`` / (1 - γ) everywhere.
///
/// The best policy earns ``length`` x ``bestReward``; one that draws its actions uniformly ``randomReward`` a step.
///
/// Draws come from `Random`, and depend on the seed, the episode's and the step's numbers alone.
///
/// Source: the identity environments of A. Raffin et al., *Stable-Baselines3*, JMLR 22, 2021, `common/envs/identity_env.py`.
/// - Note: there an action of several numbers earns 1 only when all agree, and a box earns minus the squared distance of its first number.
public struct IdentityTask: SavableEnvironment {
  /// What is shown, and to be done.
  public enum Kind: Sendable, Equatable {
    /// One of so many choices.
    case choice(Int)
    /// A choice of each count.
    case choices([Int])
    /// So many zeros or ones.
    case binaries(Int)
    /// So many numbers from -1 to 1.
    case numbers(Int)
  }

  /// What is shown.
  public let observationSpace: Space
  /// What is to be done: the same space.
  public var actionSpace: Space { observationSpace }
  /// Steps of an episode.
  public let length: Int

  private var shown: [Float]
  private var draws = EpisodeDraws(seed: 0)
  private var elapsed = 0
  private static let name = "identity task"

  /// - Precondition: at least one number and one choice; `length` is above 0.
  public init(_ kind: Kind = .choice(2), length: Int = 10) {
    precondition(length > 0, "an identity task of \(length) steps")
    self.length = length
    switch kind {
    case .choice(let count):
      precondition(count > 0, "an identity task of \(count) choices")
      observationSpace = .discrete(count)
    case .choices(let counts):
      precondition(!counts.isEmpty && counts.allSatisfy { $0 > 0 }, "an identity task of choices \(counts)")
      observationSpace = .multiDiscrete(counts)
    case .binaries(let count):
      precondition(count > 0, "an identity task of \(count) binaries")
      observationSpace = .multiBinary(count: count)
    case .numbers(let count):
      precondition(count > 0, "an identity task of \(count) numbers")
      observationSpace = .box(count, from: -1, to: 1)
    }
    shown = [Float](repeating: 0, count: observationSpace.flatCount)
  }

  /// What the best action earns: 1 for choices, 0 for numbers.
  public var bestReward: Double {
    if case .box = observationSpace { 0 } else { 1 }
  }

  /// What a uniformly drawn action earns on average.
  public var randomReward: Double {
    switch observationSpace {
    case .discrete(let count, _): 1 / Double(count)
    case .multiDiscrete(let counts): counts.reduce(0) { $0 + 1 / Double($1) } / Double(counts.count)
    case .multiBinary: 0.5
    // Two uniform numbers of -1 ... 1 are two thirds apart.
    default: -2.0 / 3
    }
  }

  /// Begins an episode.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    draws.reset(seed: seed)
    elapsed = 0
    show(in: &observation)
  }

  /// Compares the action with what was shown, and shows something else.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    precondition(
      actionSpace.contains(action), "\(Self.name): \(actionSpace.objection(to: action) ?? "another action")")
    var sum = 0.0
    for index in shown.indices {
      if case .box = actionSpace {
        sum -= abs(Double(action[index]) - Double(shown[index]))
      } else {
        sum += action[index] == shown[index] ? 1 : 0
      }
    }
    elapsed += 1
    let reward = sum / Double(shown.count)
    show(in: &observation)
    return Step(reward: reward, ending: elapsed >= length ? .truncated : nil)
  }

  private mutating func show(in observation: inout MutableSpan<Float>) {
    var random = draws.next()
    for index in shown.indices {
      switch actionSpace {
      case .discrete(let count, _): shown[index] = Float(random.below(count))
      case .multiDiscrete(let counts): shown[index] = Float(random.below(counts[index]))
      case .multiBinary: shown[index] = Float(random.below(2))
      default: shown[index] = 2 * random.uniform() - 1
      }
      observation[index] = shown[index]
    }
  }
}

extension IdentityTask {
  /// What is shown; the seed, the episode, the step; steps of the episode.
  public var state: EnvironmentState {
    EnvironmentState(
      numbers: shown.map { Double($0) },
      words: [EnvironmentState.mark(of: Self.name)] + draws.words + [UInt64(elapsed)])
  }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    try state.check(of: Self.name, numbers: shown.count, words: 5)
    let numbers = state.numbers.map { Float($0) }
    guard observationSpace.contains(numbers), state.words[4] <= UInt64(length) else {
      throw .state(
        environment: Self.name, expected: "a value of \(observationSpace) and at most \(length) steps",
        got: "\(state.numbers) and \(state.words[4])")
    }
    shown = numbers
    draws = EpisodeDraws(words: state.words[1..<4])
    elapsed = Int(state.words[4])
  }
}
