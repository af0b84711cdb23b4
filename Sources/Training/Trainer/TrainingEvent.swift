// SPDX-License-Identifier: Apache-2.0
// Espalier: what a run tells its observers.

public import NeuralNetworks

/// What happens in a run, in the order it happens.
public enum TrainingEvent: Sendable {
  /// The run begins, or goes on after a pause.
  case began(RunPlan)
  /// A step is done.
  case step(StepReport)
  /// Connections have moved.
  case rewired(RewiringReport)
  /// An epoch is done; the network is as it is then.
  case epoch(EpochReport, Network)
  /// The run is over.
  case ended(TrainingReport)
}

/// What a run is going to do.
public struct RunPlan: Sendable, Equatable {
  /// Epochs in all.
  public let epochs: Int
  /// Optimizer steps of one epoch.
  public let stepsPerEpoch: Int
  /// Training samples.
  public let samples: Int
  /// Connections at the start.
  public let connections: Int
  /// Epochs done before, when the run goes on after a pause.
  public let history: [EpochReport]
  /// What the held-out data is, for logs: "test" or "validation".
  public var heldOutName = "test"
  /// Optimizer steps done before, when the run goes on after a pause.
  public var step = 0

  /// Optimizer steps in all.
  public var totalSteps: Int { epochs * stepsPerEpoch }
}

/// One step.
public struct StepReport: Sendable, Equatable {
  /// Finished steps of the run.
  public let step: Int
  /// The epoch it belongs to, from 1.
  public let epoch: Int
  /// The mean loss of its batch.
  public let loss: Double
}

/// One update of the topology.
public struct RewiringReport: Sendable, Equatable {
  /// Finished steps of the run.
  public let step: Int
  /// The share of connections that the schedule allowed to move.
  public let fraction: Double
  /// Connections that moved.
  public let moved: Int
  /// Connections that could have.
  public let connections: Int
}

/// One epoch.
public struct EpochReport: Sendable, Equatable {
  /// The epoch, from 1.
  public let epoch: Int
  /// Finished steps of the run.
  public let step: Int
  /// The mean loss over the epoch's batches, while the network changed.
  public let trainLoss: Double
  /// The share of training samples that were right, while the network changed; nil for regression.
  public let trainAccuracy: Double?
  /// The mean loss on the held-out data; nil without such data.
  public let heldOutLoss: Double?
  /// The accuracy on the held-out data; nil for regression.
  public let heldOutAccuracy: Double?
  /// The root mean squared error on the held-out data; nil for classes.
  public let heldOutError: Double?
  /// The learning rate at the end of the epoch.
  public let learningRate: Double
  /// Connections of the network.
  public let connections: Int
  /// Connections over those of a dense network.
  public let density: Double
  /// Connections moved in this epoch, over connections.
  public let moved: Double
  /// ITOP's exploration rate of the sparse layers: connections ever live over those that could be; nil without any.
  public let explorationRate: Double?
  /// Wall-clock seconds of the epoch; not reproducible.
  public let seconds: Double

  /// The number that the run tries to raise; nil without held-out data.
  public var score: Double? {
    heldOutAccuracy ?? heldOutError.map { -$0 } ?? heldOutLoss.map { -$0 }
  }
}

/// Why a run ended.
public enum StopReason: Sendable, Equatable {
  /// All epochs are done.
  case completed
  /// An observer saw no reason to go on.
  case stopped(String)
  /// The user asked to stop; the state was saved if the run keeps checkpoints.
  case interrupted
  /// The loss was not finite at this step, or the parameters after it, the last one; `layer` names the first such layer.
  case diverged(step: Int, layer: String)
}

/// A whole run.
public struct TrainingReport: Sendable, Equatable {
  /// Why it ended.
  public let reason: StopReason
  /// The finished epochs.
  public let epochs: [EpochReport]
  /// The quality of the final network on the held-out data; nil without such data or after an interruption.
  public let heldOut: Metrics?
  /// Finished steps.
  public let steps: Int
  /// Wall-clock seconds of all parts of the run together; not reproducible.
  public let seconds: Double
  /// Training samples seen a second.
  public let samplesPerSecond: Double
}
