// SPDX-License-Identifier: Apache-2.0
// Espalier: convolutions and recurrent layers in whole runs.

import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Training

/// A small network of layers that use their connections at many places, and data for it.
struct SharedTask: Sendable, CustomTestStringConvertible {
  let kind: String
  let method: String

  var testDescription: String { "\(kind), \(method)" }

  static let all: [SharedTask] = ["convolutions", "lstm", "gru"].flatMap { kind in
    ["static", "set", "rigl", "gse"].map { SharedTask(kind: kind, method: $0) }
  }

  /// Methods that move connections from layer to layer, or thin out.
  static let moving: [SharedTask] = ["convolutions", "lstm", "gru"].flatMap { kind in
    ["dsr", "sparse-momentum", "mest-em-s", "granet", "chtss", "top-kast"].map { SharedTask(kind: kind, method: $0) }
  }

  var data: (train: Dataset, test: Dataset) {
    if kind == "convolutions" {
      let parts = Dataset.digits().split(testShare: 0.9, seed: 3)
      let scaled = Standardization.fit(parts.train, scaling: .unit)
      return (scaled.apply(to: parts.train), scaled.apply(to: parts.test.subset(Array(0..<60))))
    }
    return (Self.first(samples: 170, seed: 1), Self.first(samples: 100, seed: 2))
  }

  /// Sequences of eight symbols of three kinds, one-hot; the class is the first of them: only memory can tell it.
  static func first(samples: Int, seed: UInt64) -> Dataset {
    var random = Random(seed: seed)
    var features = Matrix(rows: samples, columns: 24)
    var labels: [Int32] = []
    for sample in 0..<samples {
      for step in 0..<8 {
        let symbol = random.below(3)
        features[sample, step * 3 + symbol] = 1
        if step == 0 { labels.append(Int32(symbol)) }
      }
    }
    return Dataset(name: "first", features: features, targets: .classes(labels, names: ["a", "b", "c"]))
  }

  func network() throws -> Network {
    if kind == "convolutions" {
      return try Network(inputs: 64, topology: .erk(density: 0.3), seed: 4) {
        ImageInput(height: 8, width: 8)
        SparseConv2D(6, kernel: 3, padding: 1)
        ReLU()
        MaxPool2D(2)
        Residual {
          SparseConv2D(6, kernel: 3, padding: 1, groups: 2)
          ReLU()
        }
        SparseConv2D(12, kernel: 2, stride: 2, bias: false)
        Tanh()
        AveragePool2D(2, stride: 1)
        SparseLinear(10)
      }
    }
    return try Network(inputs: 24, topology: .uniform(density: 0.4), seed: 4) {
      if kind == "lstm" {
        SparseLSTM(9, steps: 8, returns: .all)
        SparseLSTM(8, steps: 8)
      } else {
        SparseGRU(9, steps: 8, returns: .all)
        SparseGRU(8, steps: 8, bias: false)
      }
      SparseLinear(3)
    }
  }

  func session(threads: Int, epochs: Int = 3) throws -> TrainingSession {
    let evolution: Evolution =
      switch method {
      case "set": .set(every: .steps(4))
      case "rigl": .rigL(every: .steps(4))
      case "gse": .gse(every: .steps(4))
      case "dsr": .dsr(every: .steps(2), threshold: 0.05)
      case "sparse-momentum": .sparseMomentum(every: .steps(3))
      case "mest-em-s": .mest(every: .steps(3), margin: 0.2)
      case "granet": .graNet(to: 0.15, every: .steps(2))
      case "chtss": .chts(every: .steps(2), to: 0.15)
      case "top-kast": .topKAST(to: 0.2, every: .steps(3))
      default: .static
      }
    let data = data
    return try TrainingSession(
      Trainer(
        optimizer: .adam(learningRate: 0.01), evolution: evolution, epochs: epochs, batchSize: 20, seed: 2,
        threads: threads),
      network: network(), train: data.train, heldOut: data.test)
  }
}

@Suite("Layers that use connections at many places")
struct SharedLayersTests {
  @Test("connections keep their exact count through every rule, and move", arguments: SharedTask.all)
  func counts(_ task: SharedTask) throws {
    let session = try task.session(threads: 1)
    let before = session.network.sparseLayers
    let witness = Witness()
    try session.run(observers: [witness])
    let after = session.network.sparseLayers
    #expect(witness.counts.allSatisfy { $0 == before.map(\.weight.count) })
    #expect(after.allSatisfy { $0.weight.pattern.checkInvariants() })
    #expect(after.map(\.ordinal) == Array(0..<before.count))
    for (old, new) in zip(before, after) {
      #expect((old.weight.pattern == new.weight.pattern) == (task.method == "static"), "layer \(old.ordinal)")
    }
  }

  @Test("threads do not change a byte, and a run in pieces gives the bytes of one in one", arguments: SharedTask.all)
  func determinism(_ task: SharedTask) throws {
    let whole = try task.session(threads: 1)
    try whole.run()
    let bytes = Tasks.bytes(whole.network)
    #expect(bytes != Tasks.bytes(try task.network()))
    let three = try task.session(threads: 3)
    try three.run()
    #expect(Tasks.bytes(three.network) == bytes)
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "state.safetensors")
      let first = try task.session(threads: 2)
      let alarm = Alarm(after: 7)
      first.isInterrupted = { alarm.rings }
      #expect(try first.run().reason == .interrupted)
      try first.saveState(to: path)
      let second = try task.session(threads: 1)
      try second.restoreState(from: path)
      try second.run()
      #expect(Tasks.bytes(second.network) == bytes)
    }
  }

  @Test("runs whose layers change their counts go on to the same bytes", arguments: SharedTask.moving)
  func moving(_ task: SharedTask) throws {
    let whole = try task.session(threads: 1, epochs: 2)
    try whole.run()
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "state.safetensors")
      let first = try task.session(threads: 2, epochs: 2)
      let alarm = Alarm(after: 9)
      first.isInterrupted = { alarm.rings }
      #expect(try first.run().reason == .interrupted)
      let birth = try task.network().sparseLayers.map(\.weight.count)
      #expect(first.counts != birth || whole.counts != birth)
      try first.saveState(to: path)
      let second = try task.session(threads: 1, epochs: 2)
      try second.restoreState(from: path)
      try second.run()
      #expect(Tasks.bytes(second.network) == Tasks.bytes(whole.network))
    }
  }

  @Test("a saved model predicts the same bits", arguments: ["convolutions", "lstm", "gru"])
  func files(_ kind: String) throws {
    let task = SharedTask(kind: kind, method: "gse")
    let session = try task.session(threads: 1, epochs: 1)
    try session.run()
    let names = kind == "convolutions" ? (0..<10).map { "\($0)" } : ["a", "b", "c"]
    let model = Model(network: session.network, task: .classification(classes: names))
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "model.safetensors")
      try model.save(to: path)
      let read = try Model(contentsOf: path)
      #expect(Tasks.bytes(read.network) == Tasks.bytes(model.network))
      let workers = Workers(threads: 1)
      let features = task.data.test.features
      #expect(
        read.network.predict(features, workers: workers).values.elements.map(\.bitPattern)
          == model.network.predict(features, workers: workers).values.elements.map(\.bitPattern))
      let inspection = try ModelInspection(contentsOf: path)
      #expect(inspection.connections == model.network.connectionCount)
      #expect(inspection.layers.count { $0.topology != nil } == model.network.sparseLayers.count)
    }
  }

  @Test("small networks learn what chance cannot", arguments: ["static", "gse"])
  func learning(_ method: String) throws {
    for (kind, epochs, least) in [("convolutions", 30, 0.5), ("lstm", 40, 0.9), ("gru", 40, 0.9)] {
      let session = try SharedTask(kind: kind, method: method).session(threads: 1, epochs: epochs)
      let report = try session.run()
      let accuracy = try #require(report.heldOut?.accuracy)
      // Chance is 0.1 and 0.33; the digits are learned from 180 samples through 12 features.
      #expect(accuracy >= least, "\(kind): \(accuracy)")
    }
  }

  @Test("convolutions are exported as operations on planes; what has no words is refused")
  func exports() throws {
    let network = try SharedTask(kind: "convolutions", method: "static").network()
    let model = Model(network: network, task: .classification(classes: (0..<10).map { "\($0)" }))
    let recurrent = Model(
      network: try SharedTask(kind: "lstm", method: "static").network(),
      task: .classification(classes: ["a", "b", "c"]))
    try TestFiles.withFolder { folder in
      for weights in [ExportWeights.sparse, .dense] {
        let path = Paths.join(folder, "\(weights).onnx")
        try model.export(as: .onnx, to: path, weights: weights)
        let text = String(decoding: try InputFile.contents(of: path, limit: 1 << 24), as: UTF8.self)
        for word in [
          "Conv_", "MaxPool_", "AveragePool_", "Transpose_", "Reshape_", "kernel_shape", "strides", "pads", "group",
        ] {
          #expect(text.contains(word), "\(word)")
        }
      }
      let npz = try model.export(as: .npz, to: Paths.join(folder, "npz"))
      #expect(npz.contains { $0.hasSuffix("layer0.weight.npz") })
      #expect(try recurrent.export(as: .csv, to: Paths.join(folder, "r.csv")).count == 2)
      let path = Paths.join(folder, "refused")
      #expect(throws: FileError.self) { try recurrent.export(as: .onnx, to: path) }
      #expect(throws: FileError.self) { try recurrent.export(as: .safetensors, to: path, weights: .dense) }
      #expect(throws: FileError.self) { try model.export(as: .csv, to: path, weights: .dense) }
    }
  }
}
