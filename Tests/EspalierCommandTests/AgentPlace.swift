// SPDX-License-Identifier: Apache-2.0
// Espalier: small agents for the tool's tests.

import ArgumentParser
import Datasets
import Reinforcement
import Synchronization
import Testing

@testable import EspalierCommand

/// Runs of `espalier agent` that take a moment.
enum AgentPlace {
  /// Flags that make a run short, for any algorithm.
  static let short = [
    "--hidden", "8", "--steps", "240", "--eval-every", "100", "--eval-episodes", "3", "--curve-episodes", "2",
    "--time-limit", "40", "--quiet", "--no-tensorboard", "--threads", "1",
  ]

  /// Flags for an algorithm, so that it learns and rewires within a short run.
  static func flags(_ algorithm: AgentAlgorithm) -> [String] {
    switch algorithm {
    case .ppo: ["--rollout", "16", "--worlds", "2", "--epochs", "2", "--update-every", "3", "--batch-size", "16"]
    case .dqn:
      [
        "--learning-start", "20", "--train-interval", "5", "--gradient-steps", "2", "--batch-size", "8",
        "--update-every", "10", "--prioritized", "--multi-step", "3", "--duelling", "--replay-capacity", "100",
      ]
    case .sac, .td3:
      [
        "--env", "pendulum", "--learning-start", "20", "--train-interval", "4", "--gradient-steps", "1", "--batch-size",
        "8", "--update-every", "10", "--replay-capacity", "100", "--normalize-observations",
        "--target", algorithm == .td3 ? "own" : "online",
      ]
    case .reinforce: ["--update-episodes", "2", "--update-every", "1", "--steps", "2000"]
    }
  }

  /// Trains as the command line would, into a folder.
  ///
  /// - Parameter steps: stops after so many steps of the session; nil goes to the end.
  @discardableResult
  static func train(_ folder: String, _ arguments: [String], stoppingAfter steps: Int? = nil) throws -> JSONValue {
    let command = try AgentTrainCommand.parse(short + ["--run-dir", folder] + arguments)
    let count = Counter()
    return try command.execute { steps.map { count.next() >= $0 } ?? false }.summary
  }

  private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
  }
}
