// SPDX-License-Identifier: Apache-2.0
// Espalier: saving a run so that it goes on bit for bit.

public import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import SparseTopology

extension TrainingSession {
  /// The version of the state's form that this code writes and reads.
  static let stateVersion = 1

  /// Writes all that the run needs to go on: network, optimizer, place in the data, history, explored connections.
  ///
  /// Random streams need no saving: they follow from the seed and the step.
  ///
  /// - Complexity: O(connections) time; no copy of weights and slots, but a buffer of 4 MiB or a layer's longest row.
  public func saveState(to path: String) throws(FileError) {
    let (entries, metadata) = try stateTensors(for: path)
    try SafetensorsWriter.write(entries, metadata: metadata, to: path)
  }

  func stateTensors(for path: String) throws(FileError) -> ([TensorEntry], [(String, String)]) {
    let (entries, state) = try learner.stateTensors(for: path)
    let metadata: [(String, String)] =
      [
        ("format", "espalier-state"), ("espalier.version", String(Self.stateVersion)),
        ("espalier.recipe", JSONValue.object(recipe.map { .init($0.name, .string($0.value)) }).text()),
        ("espalier.progress", progressJSON.text()),
        ("espalier.history", JSONValue.array(history.map(\.json)).text()),
      ] + state
    return (entries, metadata)
  }

  /// Goes back to a saved state of the same recipe and data; the number of threads may differ.
  ///
  /// - Throws: ``FileError`` for a missing, cut or damaged file; ``TrainingError/state(expected:got:)`` for a state of
  ///   another run.
  /// - Complexity: O(connections) time; until all of the file has proved sound, the network and slots that are there stay
  ///   beside those that are read, and 4 bytes a connection of the layer that is being read.
  public func restoreState(from path: String) throws {
    try restore(try SafetensorsFile(path))
  }

  func restore(_ file: SafetensorsFile) throws {
    guard file.metadata("format") == "espalier-state", let version = Int(file.metadata("espalier.version") ?? "") else {
      throw FileError.format(
        path: file.path, expected: "the state of a run", got: "another file", advice: "name a state.safetensors")
    }
    guard version == Self.stateVersion else {
      throw FileError.format(
        path: file.path, expected: "state version \(Self.stateVersion)", got: "\(version)",
        advice: "resume with the Espalier that began the run")
    }
    try checkRecipe(file)
    let (progress, steps) = try readProgress(file)
    let history = try readHistory(file, epochs: progress.epoch)
    try learner.restore(file, step: progress.step, optimizerSteps: steps)
    self.progress = progress
    self.history = history
    restoreOrder()
  }

  /// What must be the same for a run to go on.
  private var recipe: [(name: String, value: String)] {
    let settings = [
      ("epochs", "\(trainer.epochs)"), ("batch size", "\(trainer.batchSize)"),
      ("gradient accumulation", "\(trainer.accumulation)"), ("precision", trainer.precision.rawValue),
      ("seed", "\(trainer.seed)"),
      ("loss", trainer.loss.written), ("optimizer", trainer.optimizer.words),
      ("evolution", trainer.evolution.words), ("birth", trainer.birth ?? "nothing"),
      ("training data", dataMarks.train), ("held-out data", dataMarks.heldOut), ("layers", "\(network.layers.count)"),
    ]
    return settings + birthOutlines.enumerated().map { ("layer \($0.offset)", $0.element) }
  }

  private func checkRecipe(_ file: SafetensorsFile) throws {
    let saved = (try? JSONValue(parsing: file.metadata("espalier.recipe") ?? "{}")) ?? .null
    for (name, value) in recipe {
      let before = saved[name]?.asString ?? "nothing"
      guard before == value else {
        throw TrainingError.state(expected: "\(name) \(before)", got: "\(name) \(value)")
      }
    }
  }

  private var progressJSON: JSONValue {
    .object([
      .init("epoch", .integer(progress.epoch)), .init("batch", .integer(progress.batch)),
      .init("step", .integer(progress.step)), .init("loss_sum", .number(progress.lossSum)),
      .init("right", .integer(progress.right)), .init("seen", .integer(progress.seen)),
      .init("moved", .integer(progress.moved)), .init("seconds", .number(progress.seconds)),
      .init("optimizer_steps", .integer(optimizerState.steps)),
    ])
  }

  private func readProgress(_ file: SafetensorsFile) throws(FileError) -> (TrainingProgress, steps: Int) {
    let text = file.metadata("espalier.progress") ?? "none"
    guard let value = try? JSONValue(parsing: text),
      let epoch = value["epoch"]?.asInt, let batch = value["batch"]?.asInt, let step = value["step"]?.asInt,
      let lossSum = value["loss_sum"]?.asDouble, let right = value["right"]?.asInt, let seen = value["seen"]?.asInt,
      let moved = value["moved"]?.asInt, let seconds = value["seconds"]?.asDouble,
      let steps = value["optimizer_steps"]?.asInt
    else { throw damaged(file, expected: "the run's progress", got: "'\(text.prefix(200))'") }
    var progress = TrainingProgress()
    progress.epoch = epoch
    progress.batch = batch
    progress.step = step
    progress.lossSum = lossSum
    progress.right = right
    progress.seen = seen
    progress.moved = moved
    progress.seconds = seconds
    guard isPossible(progress), (0...step).contains(steps) else {
      throw damaged(file, expected: "a place in a run of \(trainer.epochs) epochs", got: text)
    }
    return (progress, steps)
  }

  /// Whether this run can be at such a place: its numbers follow from the finished epochs and batches.
  private func isPossible(_ progress: TrainingProgress) -> Bool {
    guard (0...trainer.epochs).contains(progress.epoch), (0...order.batchCount).contains(progress.batch),
      progress.batch == order.batchCount || progress.batch.isMultiple(of: trainer.accumulation),
      progress.epoch < trainer.epochs || progress.batch == 0
    else { return false }
    let steps = progress.batch == 0 ? 0 : (progress.batch - 1) / trainer.accumulation + 1
    let seen = progress.batch == 0 ? 0 : order.range(ofBatch: progress.batch - 1).upperBound
    return progress.step == progress.epoch * stepsPerEpoch + steps && progress.seen == seen
      && (0...seen).contains(progress.right) && progress.moved >= 0 && progress.moved < 1 << 53
      && progress.lossSum.isFinite && progress.seconds.isFinite && progress.seconds >= 0
  }

  private func readHistory(_ file: SafetensorsFile, epochs: Int) throws(FileError) -> [EpochReport] {
    let list = (try? JSONValue(parsing: file.metadata("espalier.history") ?? ""))?.asArray
    let reports = (list ?? []).compactMap { EpochReport($0) }
    guard let list, reports.count == list.count, reports.count <= epochs else {
      throw damaged(file, expected: "the history of \(epochs) epochs", got: "another one")
    }
    return reports
  }

  private func damaged(_ file: SafetensorsFile, expected: String, got: String) -> FileError {
    .format(path: file.path, expected: expected, got: got, advice: "the file is damaged")
  }
}
