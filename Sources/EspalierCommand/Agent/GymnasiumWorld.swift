// SPDX-License-Identifier: Apache-2.0
// Espalier: Gymnasium's environments for the tool's agents.

internal import Espalier

/// An environment of Python's Gymnasium, named `gym:ID`, in child processes.
///
/// One thread uses it at a time, which makes `@unchecked Sendable` sound.
final class GymnasiumWorld: AgentWorld, @unchecked Sendable {
  /// What names of such environments begin with.
  static let prefix = "gym:"

  let name: String
  let observationSpace: Space
  let actionSpace: Space
  let timeLimit: Int?
  private let id: String
  private let python: String
  private let settings: EnvironmentSettings
  /// The world of evaluations, made for the first; a process takes seconds to start.
  private var judge: GymnasiumEnvironment?

  /// Starts a process and asks for the spaces.
  ///
  /// - Parameters:
  ///   - id: Gymnasium's.
  ///   - python: the Python to start.
  init(_ id: String, python: String) throws(EnvironmentError) {
    let world = try GymnasiumEnvironment(id, python: python)
    self.id = id
    self.python = python
    name = Self.prefix + id
    observationSpace = world.observationSpace
    actionSpace = world.actionSpace
    timeLimit = world.timeLimit
    settings = [:]
    judge = world
  }

  private init(_ other: GymnasiumWorld, timeLimit: Int) {
    (id, python, name) = (other.id, other.python, other.name)
    (observationSpace, actionSpace) = (other.observationSpace, other.actionSpace)
    self.timeLimit = timeLimit
    settings = ["max_episode_steps": .integer(timeLimit)]
  }

  /// The same with episodes that Gymnasium cuts after so many steps.
  func limited(to steps: Int?) -> any AgentWorld {
    guard let steps, steps != timeLimit else { return self }
    return GymnasiumWorld(self, timeLimit: steps)
  }

  func makeWorlds(_ count: Int, rewardDiscount: Double?) throws -> any VectorEnvironment {
    guard rewardDiscount == nil else {
      throw CommandError.usage(
        "--normalize-rewards: expected an environment of this library, got '\(name)'; leave it out, or wrap the "
          + "environment in Python")
    }
    return try GymnasiumEnvironments(id, count: count, settings: settings, python: python)
  }

  /// The world of evaluations.
  fileprivate func judging() throws(EnvironmentError) -> GymnasiumEnvironment {
    if let judge { return judge }
    let world = try GymnasiumEnvironment(id, settings: settings, python: python)
    judge = world
    return world
  }

  /// After an error the process is gone: the next evaluation starts another.
  fileprivate func forgettingErrors<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch {
      judge = nil
      throw error
    }
  }

  func evaluate(
    _ policy: Policy, episodes: Int, seed: UInt64, choice: ActionChoice, isInterrupted: () -> Bool
  ) throws -> PolicyReport {
    try forgettingErrors {
      try Reinforcement.evaluate(
        policy, in: try judging(), episodes: episodes, seed: seed, choice: choice, isInterrupted: isInterrupted)
    }
  }

  func record(
    _ policy: Policy, episodes: Int, seed: UInt64, choice: ActionChoice, _ visit: (PolicyStep) -> Void
  ) throws -> PolicyReport {
    try forgettingErrors {
      try Reinforcement.record(policy, in: try judging(), episodes: episodes, seed: seed, choice: choice, visit)
    }
  }
}
