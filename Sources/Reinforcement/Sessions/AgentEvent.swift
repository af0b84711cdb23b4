// SPDX-License-Identifier: Apache-2.0
// Espalier: what a run of an agent tells.

/// What happens in a run of an agent, in the order it happens.
public enum AgentEvent: Sendable {
  /// An episode of one world is over.
  case episode(EpisodeReport)
  /// The policy has been evaluated.
  case evaluation(EvaluationPoint)
}

/// One episode while learning.
public struct EpisodeReport: Sendable, Equatable {
  /// Which episode of the run, from 0.
  public let index: Int
  /// Steps of all worlds when it ended.
  public let step: Int
  /// Gradient steps when it ended.
  public let gradientSteps: Int
  /// The sum of its rewards.
  public let reward: Double
  /// Its steps.
  public let length: Int
}

/// A point of the learning curve.
public struct EvaluationPoint: Sendable, Equatable {
  /// Steps of all worlds.
  public let step: Int
  /// Gradient steps.
  public let gradientSteps: Int
  /// The mean return of the evaluation's episodes.
  public let mean: Double
  /// Between what bounds it lies with 95 %.
  public let interval: ClosedRange<Double>
  /// The mean without the quarters at both ends.
  public let interquartileMean: Double
  /// Connections of all networks.
  public let connections: Int
  /// What the agent measured then.
  public let measures: [AgentMeasure]
}

/// Why a run of an agent ended.
public enum AgentStop: Sendable, Equatable {
  /// All steps are done.
  case completed
  /// Somebody asked to stop.
  case interrupted
}
