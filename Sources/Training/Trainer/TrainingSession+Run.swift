// SPDX-License-Identifier: Apache-2.0
// Espalier: the loop.

internal import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import SparseTopology

extension TrainingSession {
  /// Trains to the end, or until it is told to stop.
  ///
  /// - Parameter observers: who is told of every epoch; they are called in this order.
  /// - Throws: `FileError` when a checkpoint cannot be written; what an observer throws.
  @discardableResult
  public func run(observers: [any TrainingObserver] = []) throws -> TrainingReport {
    var clock = RunClock(before: progress.seconds)
    let tellsSteps = observers.contains { $0.wantsSteps }
    var reason: StopReason = .completed
    if let stop = try tell(.began(plan), observers) { reason = .stopped(stop) }
    epochs: while progress.epoch < trainer.epochs && reason == .completed {
      while !epochIsOver {
        let seen = progress.seen
        let (loss, rewiring) = step()
        clock.samples += progress.seen - seen
        guard loss.isFinite else {
          reason = .diverged(step: progress.step + 1, layer: divergedLayer())
          break epochs
        }
        var stop: String?
        if let rewiring { stop = try tell(.rewired(rewiring), observers) }
        if tellsSteps {
          let report = StepReport(step: progress.step, epoch: progress.epoch + 1, loss: loss)
          stop = try tell(.step(report), observers) ?? stop
        }
        if let stop {
          reason = .stopped(stop)
          if epochIsOver { break }
          break epochs
        }
        if isInterrupted() {
          reason = .interrupted
          break epochs
        }
      }
      let report = endEpoch(&clock)
      if let loss = report.heldOutLoss, !loss.isFinite {
        reason = .diverged(step: progress.step, layer: divergedLayer())
        break epochs
      }
      if let stop = try tell(.epoch(report, network), observers) {
        reason = .stopped(stop)
        break epochs
      }
      progress.seconds = clock.total
      if progress.epoch < trainer.epochs {
        try checkpoints?.epochEnded(self)
      } else {
        reason = .completed  // whoever stopped it did so at the very end
      }
    }
    progress.seconds = clock.total
    if case .diverged = reason {
    } else if let layer = network.firstLayerWithNonFiniteParameters() {
      // The loss was judged before the last step changed the parameters.
      reason = .diverged(step: progress.step, layer: place(ofLayer: layer))
    } else {
      try checkpoints?.save(self)
    }
    let report = TrainingReport(
      reason: reason, epochs: history, heldOut: reason == .interrupted ? nil : judgeHeldOut(),
      steps: progress.step, seconds: progress.seconds, samplesPerSecond: clock.samplesPerSecond)
    try tell(.ended(report), observers)
    return report
  }

  /// Sends an event to all observers; the reason to stop, if one gives any.
  @discardableResult
  private func tell(_ event: TrainingEvent, _ observers: [any TrainingObserver]) throws -> String? {
    var control = TrainingControl()
    for observer in observers {
      if case .step = event, !observer.wantsSteps { continue }
      try observer.observe(event, control: &control)
    }
    return control.stopReason
  }

  private func endEpoch(_ clock: inout RunClock) -> EpochReport {
    let rate = learningRate
    let metrics = judgeHeldOut()
    let summary = network.summary
    var isClassification = false
    if case .classes = train.targets { isClassification = true }
    let report = EpochReport(
      epoch: progress.epoch + 1, step: progress.step, trainLoss: progress.lossSum / Double(max(1, progress.seen)),
      trainAccuracy: isClassification ? Double(progress.right) / Double(max(1, progress.seen)) : nil,
      heldOutLoss: metrics?.loss, heldOutAccuracy: metrics?.accuracy,
      heldOutError: metrics?.rootMeanSquaredError, learningRate: rate, connections: summary.connections,
      density: Double(summary.connections) / Double(max(1, summary.denseConnections)),
      moved: Double(progress.moved) / Double(max(1, summary.connections)),
      explorationRate: explorationRate, seconds: clock.lap())
    history.append(report)
    beginNextEpoch()
    return report
  }

  /// ITOP's rate over all sparse layers; the density before anything has moved.
  private var explorationRate: Double? {
    let layers = network.sparseLayers
    guard !layers.isEmpty else { return nil }
    let cells = layers.reduce(0.0) { $0 + Double($1.weight.pattern.cells) }
    let live =
      explorations.isEmpty
      ? layers.reduce(0) { $0 + $1.weight.count } : explorations.reduce(0) { $0 + $1.count }
    return Double(live) / max(1, cells)
  }
}

/// The time of a run, its epochs and its samples.
private struct RunClock {
  let before: Double
  let start = ContinuousClock.now
  var lapStart = ContinuousClock.now
  var samples = 0

  init(before: Double) {
    self.before = before
  }

  var total: Double { before + Self.seconds(since: start) }
  var samplesPerSecond: Double { Double(samples) / max(1e-9, Self.seconds(since: start)) }

  mutating func lap() -> Double {
    defer { lapStart = ContinuousClock.now }
    return Self.seconds(since: lapStart)
  }

  static func seconds(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .seconds(1)
  }
}
