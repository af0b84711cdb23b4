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
    guard let tensors = NetworkTensors(network) else {
      throw .format(
        path: path, expected: "layers of the built-in kinds", got: "a custom layer",
        advice: "run without checkpoints")
    }
    var entries = tensors.entries
    let weights = Self.sparseWeights(of: network)
    for (index, slots) in optimizerState.slots.enumerated() {
      func add(_ name: String, _ values: Vector) {
        entries.append(
          TensorEntry("optimizer.\(index).\(name)", weights[index].map { .stored(values, $0) } ?? .floats(values)))
      }
      if let momentum = slots.momentum { add("momentum", momentum) }
      if slots.first.count > 0 { add("first", slots.first) }
      if slots.second.count > 0 { add("second", slots.second) }
      if let weight = weights[index], !slots.ages.isEmpty {
        entries.append(TensorEntry("optimizer.\(index).age", .storedClocks(slots.ages, weight)))
      }
    }
    for (index, exploration) in explorations.enumerated() {
      entries.append(TensorEntry("exploration.\(index)", .uint64(exploration.cells)))
    }
    entries += memory.stateTensors(for: network)
    let metadata: [(String, String)] =
      [
        ("format", "espalier-state"), ("espalier.version", String(Self.stateVersion)),
        ("espalier.recipe", JSONValue.object(recipe.map { .init($0.name, .string($0.value)) }).text()),
        ("espalier.progress", progressJSON.text()),
        ("espalier.history", JSONValue.array(history.map(\.json)).text()),
        ("espalier.evolution", memory.stateText),
        ("espalier.exploration_levels", JSONValue.array(explorations.map { .integer($0.level) }).text()),
      ] + tensors.metadata
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
    var reader = NetworkReader(file)
    let saved = try reader.network()
    let counted = trainer.evolution.keepsLayerCounts
    guard saved.inputs == network.inputs,
      saved.layers.map({ Self.outline($0, counted: counted) })
        == network.layers.map({ Self.outline($0, counted: counted) })
    else {
      throw damaged(file, expected: "the layers that the recipe names", got: "others")
    }
    var state = OptimizerState(trainer.optimizer, for: saved)
    let weights = Self.sparseWeights(of: saved)
    func vector(_ name: String, _ index: Int, _ count: Int) throws(FileError) -> Vector {
      let values = try file.vector("optimizer.\(index).\(name)", shape: [count])
      return weights[index].map { $0.inStoredOrder(values) } ?? values
    }
    for index in state.slots.indices {
      let slots = state.slots[index]
      if let momentum = slots.momentum {
        state.slots[index].momentum = try vector("momentum", index, momentum.count)
      }
      if slots.first.count > 0 {
        state.slots[index].first = try vector("first", index, slots.first.count)
      }
      if slots.second.count > 0 {
        state.slots[index].second = try vector("second", index, slots.second.count)
      }
      if !slots.ages.isEmpty {
        let ages = try file.uint16("optimizer.\(index).age", shape: [slots.ages.count])
        let oldest = ages.max() ?? 0
        guard Int(oldest) < state.corrections.count else {
          throw damaged(file, expected: "ages below \(state.corrections.count)", got: "\(oldest)")
        }
        state.slots[index].ages = weights[index].map { $0.inStoredOrder(ages) } ?? ages
      }
    }
    let (progress, steps) = try readProgress(file)
    state.steps = steps
    let history = try readHistory(file, epochs: progress.epoch)
    explorations = try readExplorations(file, saved)
    memory = try EvolutionMemory.restored(trainer.evolution, birth: memory, saved, steps: progress.step, from: file)
    network = saved
    network.fit(workspace)
    optimizerState = state
    self.progress = progress
    self.history = history
    restoreOrder()
  }

  /// The sparse weights by the number of their parameter.
  private static func sparseWeights(of network: Network) -> [Int: SparseMatrix] {
    var network = network
    let layers = network.sparseLayers
    var weights: [Int: SparseMatrix] = [:]
    network.visitParameters(nil) { index, parameter in
      if parameter.isSparse { weights[index] = layers[weights.count].weight }
    }
    return weights
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

  /// Everything about a layer that training does not change.
  ///
  /// - Parameter counted: whether its number of connections belongs to that.
  static func outline(_ layer: BuiltLayer, counted: Bool = true) -> String {
    let shape = "\(layer.kind) \(layer.inputs)-\(layer.outputs)"
    switch layer {
    case .sparseLinear(let sparse):
      return (counted ? "\(shape) of \(sparse.weight.count) connections" : shape)
        + (sparse.bias == nil ? " without bias" : "")
        + (sparse.locality.map { " within \($0.window) inputs" } ?? "")
    case .sparseConvolution(let sparse):
      let window = sparse.window
      return (counted ? "\(shape) of \(sparse.weight.count) connections" : shape)
        + " on \(sparse.map) in \(sparse.groups) groups, window "
        + "\(window.height) x \(window.width), strides \(window.strideDown) and \(window.strideAcross), padding "
        + "\(window.paddingDown) and \(window.paddingAcross)" + (sparse.bias == nil ? " without bias" : "")
        + (sparse.locality.map { " within \($0.window) inputs" } ?? "")
    case .pooling(let pooling):
      let window = pooling.window
      return "\(shape) on \(pooling.map), window \(window.height) x \(window.width), strides \(window.strideDown) and "
        + "\(window.strideAcross)"
    case .channelsLast(let layer): return "\(shape) on \(layer.map)"
    case .recurrent(let sparse):
      return (counted ? "\(shape) of \(sparse.weight.count) connections" : shape) + " over \(sparse.steps) steps"
        + (sparse.bias == nil ? " without bias" : "") + (sparse.locality.map { " within \($0.window) inputs" } ?? "")
    case .windowedLinear(let windowed):
      let weight = windowed.weight.shape
      return "\(shape) of \(weight.fanIn) connections a neuron in windows of \(weight.window)"
        + (windowed.bias == nil ? " without bias" : "")
    case .linear(let dense): return shape + (dense.bias == nil ? " without bias" : "")
    case .activation(let activation):
      if case .leakyReLU(let slope) = activation.function { return "\(shape) of slope \(slope)" }
      return shape
    case .dropout(let dropout): return "\(shape) of rate \(dropout.rate)"
    case .batchNorm(let norm): return "\(shape) of momentum \(norm.momentum) and epsilon \(norm.epsilon)"
    case .layerNorm(let norm): return "\(shape) of epsilon \(norm.epsilon)"
    case .residual(let block):
      return "\(shape) of (\(block.layers.map { outline($0, counted: counted) }.joined(separator: ", ")))"
    case .srelu, .custom, .empty: return shape
    }
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

  private func readExplorations(_ file: SafetensorsFile, _ network: Network) throws(FileError) -> [Exploration] {
    guard file.info("exploration.0") != nil else { return [] }
    let text = file.metadata("espalier.exploration_levels") ?? "none"
    let levels = (try? JSONValue(parsing: text))?.asArray?.compactMap(\.asInt) ?? []
    guard levels.count == network.sparseLayers.count else {
      throw damaged(
        file, expected: "exploration levels of \(network.sparseLayers.count) layers", got: "'\(text.prefix(200))'")
    }
    var explorations: [Exploration] = []
    for (index, layer) in network.sparseLayers.enumerated() {
      let cells = try file.uint64("exploration.\(index)")
      do throws(TopologyError) {
        explorations.append(
          try Exploration(
            rows: layer.weight.rows, columns: layer.weight.columns, cells: cells, level: levels[index]))
      } catch {
        throw damaged(file, expected: "the explored cells of sparse layer \(index)", got: "\(error)")
      }
    }
    return explorations
  }

  private func damaged(_ file: SafetensorsFile, expected: String, got: String) -> FileError {
    .format(path: file.path, expected: expected, got: got, advice: "the file is damaged")
  }
}
