// SPDX-License-Identifier: Apache-2.0
// Espalier: where agents of the tool act.

internal import Datasets
internal import Espalier

/// What a policy earned; the tool has an `EvaluationReport` of models too.
typealias PolicyReport = Reinforcement.EvaluationReport

/// An environment as the tool sees it: worlds to learn in, and episodes to judge a policy by.
protocol AgentWorld: Sendable {
  /// The name as files and folders have it.
  var name: String { get }
  /// What is observed.
  var observationSpace: Space { get }
  /// What is done.
  var actionSpace: Space { get }
  /// Steps after which an episode is cut; nil: never.
  var timeLimit: Int? { get }

  /// The same with other episodes.
  func limited(to steps: Int?) -> any AgentWorld

  /// Makes worlds to learn in.
  ///
  /// - Parameter rewardDiscount: divides rewards by the deviation of their sum with this discount; nil leaves them.
  func makeWorlds(_ count: Int, rewardDiscount: Double?) throws -> any VectorEnvironment

  /// Lets a policy act in whole episodes.
  func evaluate(
    _ policy: Policy, episodes: Int, seed: UInt64, choice: ActionChoice, isInterrupted: () -> Bool
  ) throws -> PolicyReport

  /// The same, and shows every step.
  func record(
    _ policy: Policy, episodes: Int, seed: UInt64, choice: ActionChoice, _ visit: (PolicyStep) -> Void
  ) throws -> PolicyReport
}

/// Finds environments by name: the one place where kinds of them come together.
enum AgentWorlds {
  /// The environment of a name: one of the library's, or `gym:` and an id of Gymnasium's.
  ///
  /// - Throws: `EnvironmentError` for an unknown name, and when Python or Gymnasium are not there.
  static func named(_ name: String) throws -> any AgentWorld {
    guard name.hasPrefix(GymnasiumWorld.prefix) else { return try NativeWorld(name) }
    let id = String(name.dropFirst(GymnasiumWorld.prefix.count))
    guard !id.isEmpty else {
      throw CommandError.usage(
        "--env gym: expected an id of Gymnasium's behind the colon, such as gym:HalfCheetah-v5, got none")
    }
    return try GymnasiumWorld(id, python: python)
  }

  /// The Python of Gymnasium's environments: the one in `ESPALIER_PYTHON`, else the first in the search path.
  private static var python: String { Paths.environment("ESPALIER_PYTHON") ?? "python3" }
}
