// SPDX-License-Identifier: Apache-2.0
// Espalier: states of runs on disk, whole, foreign and broken.

import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Training

@Suite("States of runs")
struct StateTests {
  private let recipe = Recipe(method: "gse", optimizer: "adam", isRich: true)

  /// The bytes of a state after seven steps.
  private func state(_ folder: String) throws -> [UInt8] {
    let session = try recipe.session(threads: 1)
    let alarm = Alarm(after: 7)
    session.isInterrupted = { alarm.rings }
    #expect(try session.run().reason == .interrupted)
    let path = Paths.join(folder, "state.safetensors")
    try session.saveState(to: path)
    return try InputFile.contents(of: path, limit: 1 << 20)
  }

  private func restore(_ bytes: [UInt8], _ folder: String, into session: TrainingSession) throws {
    let path = Paths.join(folder, "changed.safetensors")
    let file = try OutputFile(path)
    try file.write(bytes)
    try file.commit()
    try session.restoreState(from: path)
  }

  /// The same file with another metadata text or tensor.
  private func changed(
    _ bytes: [UInt8], metadata: [String: String] = [:], tensors: [String: TensorEntry] = [:]
  ) throws -> [UInt8] {
    let file = try SafetensorsFile(bytes: bytes)
    let entries = try file.tensors.map { tensor -> TensorEntry in
      if let other = tensors[tensor.name] { return other }
      let body: TensorBody =
        switch tensor.type {
        case .float32: .floats(try file.vector(tensor.name))
        case .int64: .integers(try file.integers(tensor.name))
        case .int32: .int32(try file.int32(tensor.name))
        case .uint16: .uint16(try file.uint16(tensor.name))
        default: .uint64(try file.uint64(tensor.name))
        }
      return TensorEntry(tensor.name, shape: tensor.shape, body)
    }
    return SafetensorsWriter.bytes(entries, metadata: file.metadata.map { ($0.key, metadata[$0.key] ?? $0.value) })
  }

  @Test("saving again what was restored gives the same bytes")
  func roundTrip() throws {
    try TestFiles.withFolder { folder in
      let bytes = try state(folder)
      let session = try recipe.session(threads: 1)
      try restore(bytes, folder, into: session)
      #expect(session.progress.step == 7 && session.progress.epoch == 2 && session.progress.batch == 2)
      #expect(session.history.count == 2)
      let again = Paths.join(folder, "again.safetensors")
      try session.saveState(to: again)
      #expect(try InputFile.contents(of: again, limit: 1 << 20) == bytes)
      #expect(try changed(bytes) == bytes)
    }
  }

  @Test("a state cut at any byte is refused as a file, never a crash")
  func cuts() throws {
    try TestFiles.withFolder { folder in
      let bytes = try state(folder)
      let session = try recipe.session(threads: 1)
      let before = Tasks.bytes(session.network)
      let cuts = Array(0..<16) + Array(stride(from: 16, to: bytes.count, by: 37)) + [bytes.count - 1]
      for cut in cuts {
        #expect(throws: FileError.self) { try restore(Array(bytes.prefix(cut)), folder, into: session) }
      }
      #expect(throws: FileError.self) { try restore(bytes + [0], folder, into: session) }
      #expect(Tasks.bytes(session.network) == before && session.progress == TrainingProgress())
    }
  }

  @Test("a state of another recipe, network or data is refused with the reason")
  func foreign() throws {
    try TestFiles.withFolder { folder in
      let bytes = try state(folder)
      let data = recipe.data
      func refusal(_ trainer: Trainer, _ network: Network, _ train: Dataset, _ heldOut: Dataset?) throws -> String {
        let session = try TrainingSession(trainer, network: network, train: train, heldOut: heldOut)
        do {
          try restore(bytes, folder, into: session)
          return "accepted"
        } catch let error as TrainingError { return error.description }
      }
      let trainer = recipe.trainer(threads: 3)
      let network = try recipe.network()
      #expect(try refusal(trainer, network, data.train, data.test) == "accepted")
      let changes: [(String, (inout Trainer) -> Void)] = [
        ("epochs", { $0.epochs = 5 }), ("seed", { $0.seed = 12 }), ("batch size", { $0.batchSize = 9 }),
        ("gradient accumulation", { $0.accumulation = 1 }), ("optimizer", { $0.optimizer.learningRate = 0.02 }),
        ("evolution", { $0.evolution = .set() }), ("loss", { $0.loss = .crossEntropy(labelSmoothing: 0.1) }),
      ]
      for (name, change) in changes {
        var other = trainer
        change(&other)
        let text = try refusal(other, network, data.train, data.test)
        #expect(text.hasPrefix("the saved state is of another run: expected \(name) "), "\(text)")
      }
      var several = trainer
      several.epochs = 5
      several.loss = .huber
      several.optimizer = .sgd()
      #expect(
        try refusal(several, network, data.train, data.test)
          .hasPrefix("the saved state is of another run: expected epochs 4, got epochs 5; "))
      several.epochs = 4
      several.loss = trainer.loss
      #expect(
        try refusal(several, network, data.train, data.test).contains(
          "expected optimizer adam, rate 0.01, beta 1 0.9, beta 2 0.999, epsilon 1e-08, decay 0, constant, got "
            + "optimizer sgd, rate 0.01, momentum 0.9, decay 0, constant; "))
      #expect(try refusal(trainer, network, data.test, nil).contains("expected training data 47 x 9"))
      #expect(try refusal(trainer, network, data.train, nil).contains("got held-out data none"))
      var shifted = data.train
      shifted.features[46, 8] += 1
      #expect(try refusal(trainer, network, shifted, data.test).contains("expected training data 47 x 9, mark"))
      let wetter = try Network(inputs: 9, topology: .erdosRenyi(density: 0.4), seed: 5) {
        SparseLinear(13)
        BatchNorm()
        Dropout(0.2)
        Residual {
          LayerNorm()
          SparseLinear(13)
          SReLU()
        }
        AllReLU()
        SparseLinear(3)
      }
      #expect(
        try refusal(trainer, wetter, data.train, data.test).contains(
          "expected layer 2 dropout 13-13 of rate 0.3, got layer 2 dropout 13-13 of rate 0.2"))
      let denser = try Network(inputs: 9, topology: .erdosRenyi(density: 0.5), seed: 5) { SparseLinear(3) }
      #expect(try refusal(trainer, denser, data.train, data.test).contains("expected layers 6, got layers 1"))
    }
  }

  @Test("a run with other densities is another run")
  func density() throws {
    try TestFiles.withFolder { folder in
      let data = Tasks.moons(20)
      let path = Paths.join(folder, "state.safetensors")
      let trainer = Trainer(threads: 1)
      let sparse = try TrainingSession(trainer, network: Tasks.network(for: data), train: data)
      try sparse.saveState(to: path)
      let denser = try TrainingSession(trainer, network: Tasks.network(for: data, density: 0.5), train: data)
      #expect(throws: TrainingError.self) { try denser.restoreState(from: path) }
    }
  }

  @Test("a place that no run can be at is refused")
  func impossiblePlaces() throws {
    try TestFiles.withFolder { folder in
      let bytes = try state(folder)
      let text = try #require(try SafetensorsFile(bytes: bytes).metadata("espalier.progress"))
      let progress = try JSONValue(parsing: text)
      let session = try recipe.session(threads: 1)
      for (key, value) in [
        ("epoch", 3), ("epoch", -1), ("epoch", Int.max), ("batch", 3), ("batch", 100), ("step", 8), ("step", Int.max),
        ("seen", 47), ("seen", -1), ("right", 21), ("moved", Int.max), ("optimizer_steps", 8), ("seconds", -1),
      ] {
        let members = try #require(progress.asObject)
          .map { $0.key == key ? JSONValue.Member(key, .integer(value)) : $0 }
        let other = try changed(bytes, metadata: ["espalier.progress": JSONValue.object(members).text()])
        #expect(throws: FileError.self, "\(key) \(value)") { try restore(other, folder, into: session) }
      }
      for text in ["", "{}", "[1]", "{\"epoch\":1e999}"] {
        let other = try changed(bytes, metadata: ["espalier.progress": text])
        #expect(throws: FileError.self) { try restore(other, folder, into: session) }
      }
      let other = try changed(bytes, metadata: ["espalier.history": "[{\"epoch\":1}]"])
      #expect(throws: FileError.self) { try restore(other, folder, into: session) }
    }
  }

  @Test("clocks past the table of corrections are refused: they would be read out of bounds")
  func hostileClocks() throws {
    try TestFiles.withFolder { folder in
      let bytes = try state(folder)
      let file = try SafetensorsFile(bytes: bytes)
      let clock = try #require(file.tensors.first { $0.name.hasSuffix(".age") })
      let session = try recipe.session(threads: 1)
      let ages = [UInt16](repeating: .max, count: clock.count)
      let other = try changed(bytes, tensors: [clock.name: TensorEntry(clock.name, .uint16(ages))])
      #expect(throws: FileError.self) { try restore(other, folder, into: session) }
    }
  }

  @Test("explored cells outside the layer or out of order are refused")
  func hostileExplorations() throws {
    try TestFiles.withFolder { folder in
      let bytes = try state(folder)
      let session = try recipe.session(threads: 1)
      for cells in [[UInt64.max], [5, 5], [5, 4], [117]] as [[UInt64]] {
        let other = try changed(bytes, tensors: ["exploration.0": TensorEntry("exploration.0", .uint64(cells))])
        #expect(throws: FileError.self) { try restore(other, folder, into: session) }
      }
    }
  }

  @Test("levels of exploration that are missing, out of range or do not fit the cells are refused")
  func hostileLevels() throws {
    try TestFiles.withFolder { folder in
      let bytes = try state(folder)
      let session = try recipe.session(threads: 1)
      let levels = try #require(try SafetensorsFile(bytes: bytes).metadata("espalier.exploration_levels"))
      #expect(levels == "[0,0,0]")
      for text in ["", "[]", "[0,0]", "[0,0,-1]", "[63,0,0]", "[9,0,0]", "[0,0,0.5]", "[0,0,0,0]"] {
        let other = try changed(bytes, metadata: ["espalier.exploration_levels": text])
        #expect(throws: FileError.self, "\(text)") { try restore(other, folder, into: session) }
      }
    }
  }

  @Test("a network in the file other than its recipe says is refused")
  func swappedNetwork() throws {
    try TestFiles.withFolder { folder in
      let bytes = try state(folder)
      let session = try recipe.session(threads: 1)
      let text = try #require(try SafetensorsFile(bytes: bytes).metadata("espalier.network"))
      for other in [
        text.split(separator: "dropout").joined(separator: "tanh"), "{\"inputs\":9,\"layers\":[]}",
        "{\"inputs\":2147483647,\"layers\":[]}", "{", "",
      ] {
        let file = try changed(bytes, metadata: ["espalier.network": other])
        #expect(throws: FileError.self) { try restore(file, folder, into: session) }
      }
    }
  }

  @Test("a model is not a state, and a missing file is missing")
  func otherFiles() throws {
    try TestFiles.withFolder { folder in
      let session = try recipe.session(threads: 1)
      let path = Paths.join(folder, "model.safetensors")
      try Model(network: session.network, task: .classification(classes: ["a", "b", "c"])).save(to: path)
      #expect(throws: FileError.self) { try session.restoreState(from: path) }
      #expect(throws: FileError.missing(path: path + "x")) { try session.restoreState(from: path + "x") }
    }
  }

  @Test("when the state is saved never changes what is learned")
  func policies() throws {
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "state.safetensors")
      var all: Set<[UInt8]> = []
      for policy in [nil, CheckpointPolicy(path: path, interval: 0), CheckpointPolicy(path: path, interval: 1e9)] {
        let session = try recipe.session(threads: 1)
        session.checkpoints = policy
        try session.run()
        all.insert(Tasks.bytes(session.network))
        if policy != nil {
          let finished = try recipe.session(threads: 1)
          try finished.restoreState(from: path)
          #expect(finished.progress.epoch == 4)
          #expect(try finished.run().reason == .completed)
          #expect(Tasks.bytes(finished.network) == Tasks.bytes(session.network))
        }
      }
      #expect(all.count == 1)
    }
  }
}
