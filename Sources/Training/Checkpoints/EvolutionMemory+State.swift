// SPDX-License-Identifier: Apache-2.0
// Espalier: saving what an evolution remembers.

internal import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import SparseTopology

extension EvolutionMemory {
  /// The tensors of a state: `evolution.LAYER.signs` and so on, in the pattern's order.
  func stateTensors(for network: Network, prefix: String = "") -> [TensorEntry] {
    var entries: [TensorEntry] = []
    for (layer, memory) in zip(network.sparseLayers, layers) {
      let name = "\(prefix)evolution.\(layer.ordinal)"
      for (part, values) in [("signs", memory.signs), ("used", memory.used), ("reserved", memory.reserved)] {
        if let values { entries.append(TensorEntry("\(name).\(part)", .stored(values, layer.weight))) }
      }
      if let visits = memory.visits {
        entries.append(TensorEntry("\(name).visits.cell", .uint64(visits.cells)))
        entries.append(TensorEntry("\(name).visits.count", .uint32(visits.counts)))
      }
      if let candidates = memory.candidates {
        entries += TensorEntry.csr("\(name).candidates", candidates.pattern, values: candidates.momentum)
      }
    }
    return entries
  }

  /// The rest of the state: one line of JSON.
  var stateText: String {
    JSONValue.object([
      .init("updates", .integer(updates)), .init("threshold", .number(Double(threshold))),
      .init("reserving", .bool(isReserving)), .init("frozen", .array(layers.map { .bool($0.isFrozen) })),
    ]).text()
  }

  /// Reads back what ``stateTensors(for:)`` and ``stateText`` have written, for a network that is read already.
  ///
  /// - Throws: ``FileError`` for what this evolution cannot have left.
  static func restored(
    _ evolution: Evolution, birth: EvolutionMemory, _ network: Network, steps: Int, from file: SafetensorsFile,
    prefix: String = ""
  ) throws(FileError) -> EvolutionMemory {
    let memory = EvolutionMemory(evolution, for: network, birth: birth.birth)
    let text = file.metadata(prefix + "espalier.evolution") ?? "none"
    guard let value = try? JSONValue(parsing: text), let updates = value["updates"]?.asInt,
      updates >= 0, updates / 3 <= steps,  // an update, the end of updates and a removal of neurons may share a step
      let threshold = value["threshold"]?.asDouble, threshold >= 0, threshold.isFinite,
      let reserving = value["reserving"]?.asBool, let frozen = value["frozen"]?.asArray?.compactMap(\.asBool),
      frozen.count == memory.layers.count, !reserving || evolution.reserve != nil
    else { throw damaged(file, expected: "the memory of this evolution", got: "'\(text.prefix(200))'") }
    memory.updates = updates
    memory.threshold = Float(threshold)
    memory.isReserving = reserving
    for (layer, isFrozen) in zip(network.sparseLayers, frozen) {
      let name = "\(prefix)evolution.\(layer.ordinal)"
      let weight = layer.weight
      func connections(_ part: String) throws(FileError) -> Vector {
        weight.inStoredOrder(try file.vector("\(name).\(part)", shape: [weight.count]))
      }
      memory.layers[layer.ordinal].isFrozen = isFrozen
      if memory.layers[layer.ordinal].signs != nil {
        let signs = try connections("signs")
        guard signs.elements.allSatisfy({ abs($0) == 1 }) else {
          throw damaged(file, expected: "signs of sparse layer \(layer.ordinal)", got: "other numbers")
        }
        memory.layers[layer.ordinal].signs = signs
      }
      if reserving {
        let (used, reserved) = (try connections("used"), try connections("reserved"))
        guard zip(used.elements, reserved.elements).allSatisfy({ $0 == 1 && $1 == 0 || $0 == 0 && $1.isFinite }) else {
          throw damaged(file, expected: "the reserve of sparse layer \(layer.ordinal)", got: "a broken one")
        }
        memory.layers[layer.ordinal].used = used
        memory.layers[layer.ordinal].reserved = reserved
      }
      if memory.layers[layer.ordinal].visits != nil {
        let cells = try file.uint64("\(name).visits.cell")
        let counts = try file.uint32("\(name).visits.count")
        guard let visits = VisitCounts(cells: cells, counts: counts, below: UInt64(weight.pattern.cells)) else {
          throw damaged(
            file, expected: "counts of live connections of sparse layer \(layer.ordinal)", got: "broken ones")
        }
        memory.layers[layer.ordinal].visits = visits
      }
      if file.info("\(name).candidates.column") != nil {
        let pattern = try file.pattern("\(name).candidates", rows: weight.rows, columns: weight.columns)
        guard !pattern.shares(with: weight.pattern) else {
          throw damaged(
            file, expected: "absent cells as candidates of sparse layer \(layer.ordinal)", got: "live connections")
        }
        memory.layers[layer.ordinal].candidates = CandidateCells(
          pattern: pattern, momentum: try file.values("\(name).candidates", of: pattern))
      }
    }
    return memory
  }

  private static func damaged(_ file: SafetensorsFile, expected: String, got: String) -> FileError {
    .format(path: file.path, expected: expected, got: got, advice: "the file is damaged")
  }
}

extension SparsityPattern {
  /// Whether any connection is in both patterns, which have the same shape.
  fileprivate func shares(with other: SparsityPattern) -> Bool {
    for row in 0..<rows {
      var mine = positions(ofRow: row)[...]
      for position in other.positions(ofRow: row) {
        while let first = mine.first, columnIndices[first] < other.columnIndices[position] { mine.removeFirst() }
        if let first = mine.first, columnIndices[first] == other.columnIndices[position] { return true }
      }
    }
    return false
  }
}
