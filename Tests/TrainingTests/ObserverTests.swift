// SPDX-License-Identifier: Apache-2.0
// Espalier: those who look on.

import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Training

@Suite("Observers")
struct ObserverTests {
  private func session(epochs: Int = 4) throws -> TrainingSession {
    let data = Tasks.moons(60)
    return try TrainingSession(
      Trainer(
        optimizer: .adam(learningRate: 0.01), evolution: .set(), epochs: epochs, batchSize: 10, seed: 2, threads: 1),
      network: Tasks.network(for: data), train: data, heldOut: Tasks.moons(40, seed: 7))
  }

  private func report(
    _ epoch: Int, accuracy: Double?, error: Double? = nil, loss: Double = 1, moved: Double = 0.125
  ) -> EpochReport {
    EpochReport(
      epoch: epoch, step: epoch * 10, trainLoss: loss, trainAccuracy: nil, heldOutLoss: loss,
      heldOutAccuracy: accuracy, heldOutError: error, learningRate: 0.1, connections: 100, density: 0.25, moved: moved,
      explorationRate: nil, seconds: 2)
  }

  private func plan(_ history: [EpochReport] = []) -> RunPlan {
    RunPlan(epochs: 10, stepsPerEpoch: 10, samples: 100, connections: 100, history: history)
  }

  /// The epoch after which a run of these scores is stopped, with the first `done` epochs in the past; 0 when never.
  private func stop(_ scores: [Double], patience: Int, done: Int = 0) throws -> Int {
    let observer = EarlyStopping(patience: patience)
    let reports = scores.enumerated().map { report($0.offset + 1, accuracy: $0.element) }
    let network = try Network(inputs: 1) { Linear(1) }
    var control = TrainingControl()
    observer.observe(.began(plan(Array(reports.prefix(done)))), control: &control)
    if control.stopReason != nil { return done }
    for report in reports.dropFirst(done) {
      observer.observe(.epoch(report, network), control: &control)
      if control.stopReason != nil { return report.epoch }
    }
    return 0
  }

  @Test("early stopping waits as long as its patience after the best score")
  func patience() throws {
    #expect(try stop([0.1, 0.2, 0.3, 0.4], patience: 1) == 0)
    #expect(try stop([0.5, 0.4, 0.3], patience: 2) == 3)
    #expect(try stop([0.5, 0.5, 0.5], patience: 2) == 3)
    #expect(try stop([0.1, 0.05, 0.2, 0.1, 0.15, 0.19, 0.3], patience: 3) == 6)
  }

  @Test("early stopping gives the same answer after a pause at any epoch", arguments: 0...6)
  func resumedPatience(_ done: Int) throws {
    #expect(try stop([0.1, 0.05, 0.2, 0.1, 0.15, 0.19, 0.3], patience: 3, done: done) == 6)
  }

  @Test("the best model is the network of the best epoch, the first of equals")
  func bestModel() throws {
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "best.safetensors")
      let session = try session(epochs: 8)
      let task = Task.classification(classes: ["upper", "lower"])
      let keeper = Keeper()
      try session.run(observers: [
        BestModel(path, template: Model(network: session.network, task: task)), keeper,
      ])
      let scores = keeper.epochs.compactMap(\.0.score)
      let highest = try #require(scores.max())
      let best = try #require(scores.firstIndex(of: highest))
      let saved = try Model(contentsOf: path)
      #expect(Tasks.bytes(saved.network) == Tasks.bytes(keeper.epochs[best].1))
      #expect(saved.task == task)
    }
  }

  @Test("a best model of the past is beaten only by a better one")
  func bestOfThePast() throws {
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "best.safetensors")
      let network = try Network(inputs: 1) { Linear(1) }
      let observer = BestModel(
        path, template: Model(network: network, task: .regression(targets: ["y"]), loss: .meanSquaredError))
      var control = TrainingControl()
      try observer.observe(.began(plan([report(1, accuracy: nil, error: 0.5)])), control: &control)
      try observer.observe(.epoch(report(2, accuracy: nil, error: 0.5), network), control: &control)
      #expect(Paths.list(folder).isEmpty)
      try observer.observe(.epoch(report(3, accuracy: nil, error: .nan), network), control: &control)
      #expect(Paths.list(folder).isEmpty)
      try observer.observe(.epoch(report(4, accuracy: nil, error: 0.4), network), control: &control)
      #expect(Paths.list(folder) == ["best.safetensors"])
    }
  }

  @Test("the table of a resumed run is that of a run in one, but for the seconds")
  func csv() throws {
    try TestFiles.withFolder { folder in
      func table(_ name: String) throws -> [[Substring]] {
        let text = String(decoding: try InputFile.contents(of: Paths.join(folder, name), limit: 1 << 16), as: UTF8.self)
        return text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).dropLast() }
          .map(Array.init)
      }
      try session().run(observers: [CSVLog(Paths.join(folder, "one.csv"))])
      let state = Paths.join(folder, "state.safetensors")
      let first = try session()
      first.checkpoints = CheckpointPolicy(path: state)
      let alarm = Alarm(after: 15)
      first.isInterrupted = { alarm.rings }
      try first.run(observers: [CSVLog(Paths.join(folder, "two.csv"))])
      let second = try session()
      try second.restoreState(from: state)
      try second.run(observers: [CSVLog(Paths.join(folder, "two.csv"))])
      let one = try table("one.csv")
      #expect(one.count == 5 && one[0].count == EpochReport.columns(heldOut: "test").count - 1)
      #expect(try table("two.csv") == one)
    }
  }

  @Test("the event file holds each epoch once, after a pause too")
  func tensorBoard() throws {
    try TestFiles.withFolder { folder in
      let state = Paths.join(folder, "state.safetensors")
      let first = try session()
      first.checkpoints = CheckpointPolicy(path: state)
      let alarm = Alarm(after: 15)
      first.isInterrupted = { alarm.rings }
      try first.run(observers: [TensorBoardLog(folder: folder, now: { 1e9 })])
      let second = try session()
      try second.restoreState(from: state)
      try second.run(observers: [TensorBoardLog(folder: folder, now: { 2e9 })])
      let names = Paths.list(folder).filter { $0.hasPrefix("events") }
      #expect(names == ["events.out.tfevents.1000000000.espalier"])
      let bytes = try InputFile.contents(of: Paths.join(folder, names[0]), limit: 1 << 22)
      let steps = TensorBoardRecords.ranges(in: bytes).compactMap {
        TensorBoardRecords.step(ofEvent: bytes[$0.lowerBound + 12..<$0.upperBound - 4])
      }
      #expect(steps == steps.sorted())
      #expect(Set(steps).isSuperset(of: [6, 12, 18, 24]))
      let counts = [12, 18, 24].map { step in steps.filter { $0 == step }.count }
      #expect(counts[0] > 0 && counts[0] == counts[1])
    }
  }

  @Test("a line tells of an epoch in the same words each time")
  func lines() throws {
    #expect(
      EpochLines.line(report(3, accuracy: 0.975, loss: 0.12345), epochs: 10)
        == "epoch  3/10  loss 0.1235  test 97.50 %  density 25.00 %  moved 12.5 %  2.00 s")
    #expect(EpochLines.line(report(3, accuracy: 0.5, moved: 7.379), epochs: 10).contains("  moved 7.4x  "))
    #expect(EpochLines.line(report(3, accuracy: nil, error: 0.5), epochs: 5).contains("test rmse 0.5"))
    var lines: [String] = []
    let observer = EpochLines { lines.append($0) }
    var control = TrainingControl()
    observer.observe(.began(plan([report(1, accuracy: 0.5)])), control: &control)
    observer.observe(.epoch(report(2, accuracy: 0.6), try Network(inputs: 1) { Linear(1) }), control: &control)
    #expect(lines.count == 2 && lines[0] == "going on after epoch 1 of 10" && lines[1].hasPrefix("epoch  2/10"))
  }

  @Test("the bar fills with the steps")
  func bar() {
    let line = ProgressBar.line(step: 50, epoch: 6, plan: plan(), figures: "loss 0.5", left: 200, width: 4)
    #expect(line == "━━╌╌  epoch 6/10  loss 0.5  3 min 20 s left")
    let last = ProgressBar.line(step: 100, epoch: 11, plan: plan(), figures: "", left: nil, width: 4)
    #expect(last == "━━━━  epoch 10/10")
    #expect([7.2, 59, 60, 7500].map { ProgressBar.time($0) } == ["8 s", "59 s", "1 min 0 s", "2 h 05 min"])
  }

  @Test("an observer's error ends the run with that error")
  func failure() throws {
    struct Full: Error {}
    final class Failing: TrainingObserver {
      func observe(_ event: TrainingEvent, control: inout TrainingControl) throws {
        if case .epoch = event { throw Full() }
      }
    }
    let session = try session()
    #expect(throws: Full.self) { try session.run(observers: [Failing()]) }
    #expect(session.progress.epoch == 1)
  }
}

/// Keeps the network of each epoch.
private final class Keeper: TrainingObserver {
  var epochs: [(EpochReport, Network)] = []

  func observe(_ event: TrainingEvent, control: inout TrainingControl) {
    if case .epoch(let report, let network) = event { epochs.append((report, network)) }
  }
}
