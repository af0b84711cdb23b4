// SPDX-License-Identifier: Apache-2.0
// Espalier: a learner on disk.

package import Datasets
package import NeuralNetworks
internal import SparseCore
internal import SparseTopology

extension NetworkLearner {
  /// All that the next step depends on: network, optimizer, explored connections, what the evolution remembers.
  ///
  /// - Parameters:
  ///   - path: the file, for messages.
  ///   - prefix: stands before every name, where one file holds several learners.
  package func stateTensors(
    for path: String, prefix: String = ""
  ) throws(FileError) -> ([TensorEntry], [(String, String)]) {
    guard let tensors = NetworkTensors(network, prefix: prefix) else {
      throw .format(
        path: path, expected: "layers of the built-in kinds", got: "a custom layer",
        advice: "run without checkpoints")
    }
    var entries = tensors.entries
    let weights = Self.sparseWeights(of: network)
    for (index, slots) in optimizerState.slots.enumerated() {
      func add(_ name: String, _ values: Vector) {
        entries.append(
          TensorEntry(
            "\(prefix)optimizer.\(index).\(name)", weights[index].map { .stored(values, $0) } ?? .floats(values)))
      }
      if let momentum = slots.momentum { add("momentum", momentum) }
      if slots.first.count > 0 { add("first", slots.first) }
      if slots.second.count > 0 { add("second", slots.second) }
      if let weight = weights[index], !slots.ages.isEmpty {
        entries.append(TensorEntry("\(prefix)optimizer.\(index).age", .storedClocks(slots.ages, weight)))
      }
    }
    for (index, exploration) in explorations.enumerated() {
      entries.append(TensorEntry("\(prefix)exploration.\(index)", .uint64(exploration.cells)))
    }
    entries += memory.stateTensors(for: network, prefix: prefix)
    let metadata: [(String, String)] =
      [
        (prefix + "espalier.evolution", memory.stateText),
        (
          prefix + "espalier.exploration_levels",
          JSONValue.array(explorations.map { .integer($0.level) }).text()
        ),
      ] + tensors.metadata
    return (entries, metadata)
  }

  /// Takes up a state that a learner of the same recipe wrote; nothing has changed when it is refused.
  package func restore(
    _ file: SafetensorsFile, prefix: String = "", step: Int, optimizerSteps: Int
  ) throws(FileError) {
    let saved = try NetworkReader.network(in: file, prefix: prefix)
    let counted = evolution.keepsLayerCounts
    guard saved.inputs == network.inputs,
      saved.layers.map({ Self.outline($0, counted: counted) })
        == network.layers.map({ Self.outline($0, counted: counted) })
    else {
      throw damaged(file, expected: "the layers that the recipe names", got: "others")
    }
    var state = try readSlots(file, saved, prefix)
    state.steps = optimizerSteps
    let explorations = try readExplorations(file, saved, prefix)
    memory = try EvolutionMemory.restored(evolution, birth: memory, saved, steps: step, from: file, prefix: prefix)
    self.explorations = explorations
    network = saved
    network.fit(workspace)
    optimizerState = state
    self.step = step
  }

  private func readSlots(
    _ file: SafetensorsFile, _ saved: Network, _ prefix: String
  ) throws(FileError) -> OptimizerState {
    var state = OptimizerState(optimizer, for: saved)
    let weights = Self.sparseWeights(of: saved)
    func vector(_ name: String, _ index: Int, _ count: Int) throws(FileError) -> Vector {
      let values = try file.vector("\(prefix)optimizer.\(index).\(name)", shape: [count])
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
        let ages = try file.uint16("\(prefix)optimizer.\(index).age", shape: [slots.ages.count])
        let oldest = ages.max() ?? 0
        guard Int(oldest) < state.corrections.count else {
          throw damaged(file, expected: "ages below \(state.corrections.count)", got: "\(oldest)")
        }
        state.slots[index].ages = weights[index].map { $0.inStoredOrder(ages) } ?? ages
      }
    }
    return state
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

  private func readExplorations(
    _ file: SafetensorsFile, _ network: Network, _ prefix: String
  ) throws(FileError) -> [Exploration] {
    guard file.info(prefix + "exploration.0") != nil else { return [] }
    let text = file.metadata(prefix + "espalier.exploration_levels") ?? "none"
    let levels = (try? JSONValue(parsing: text))?.asArray?.compactMap(\.asInt) ?? []
    guard levels.count == network.sparseLayers.count else {
      throw damaged(
        file, expected: "exploration levels of \(network.sparseLayers.count) layers", got: "'\(text.prefix(200))'")
    }
    var explorations: [Exploration] = []
    for (index, layer) in network.sparseLayers.enumerated() {
      let cells = try file.uint64("\(prefix)exploration.\(index)")
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

  /// Everything about a layer that training does not change.
  ///
  /// - Parameter counted: whether its number of connections belongs to that.
  package static func outline(_ layer: BuiltLayer, counted: Bool = true) -> String {
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

  private func damaged(_ file: SafetensorsFile, expected: String, got: String) -> FileError {
    .format(path: file.path, expected: expected, got: got, advice: "the file is damaged")
  }
}

extension Network {
  /// The network's tensors and texts for a file that holds several.
  package func tensors(
    for path: String, prefix: String
  ) throws(FileError) -> ([TensorEntry], [(String, String)]) {
    guard let tensors = NetworkTensors(self, prefix: prefix) else {
      throw .format(path: path, expected: "layers of the built-in kinds", got: "a custom layer")
    }
    return (tensors.entries, tensors.metadata)
  }

  /// Reads what ``tensors(for:prefix:)`` gave.
  package init(reading file: SafetensorsFile, prefix: String) throws(FileError) {
    self = try NetworkReader.network(in: file, prefix: prefix)
  }
}

extension NetworkLearner {
  /// Everything about a network's layers that training does not change.
  ///
  /// - Parameter counted: whether numbers of connections belong to that.
  package static func outline(_ network: Network, counted: Bool = true) -> [String] {
    network.layers.map { outline($0, counted: counted) }
  }
}
