// SPDX-License-Identifier: Apache-2.0
// Espalier: windowed layers in runs, files and exports.

import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Datasets
@testable import Training

@Suite("windowed models")
struct WindowedModelTests {
  private let workers = Workers(threads: 1)

  private func network(seed: UInt64 = 1) throws -> Network {
    try Network(inputs: 2, seed: seed) {
      WindowedLinear(60, fanIn: 2, window: 2)
      LeakyReLU(slope: 0.1)
      Residual {
        WindowedLinear(60, fanIn: 3, window: 10, bias: true)
        Tanh()
      }
      WindowedLinear(6, fanIn: 10, window: 10)
      Linear(2)
    }
  }

  private func model() throws -> Model {
    Model(network: try network(), task: .classification(classes: ["a", "b"]))
  }

  @Test("in sparse rows a network answers as before, and its forms for other programs are those of a sparse one")
  func sparseRows() throws {
    let model = try model()
    let rows = try #require(model.network.inSparseRows())
    #expect(rows.sparseLayers.map(\.weight.count) == [120, 180, 60] && model.network.windowedConnections == 360)
    #expect(rows.connectionCount == model.network.connectionCount)
    var random = Random(seed: 3)
    let samples = Matrix(rows: 5, columns: 2, values: Vector((0..<10).map { _ in random.normal() }))
    let (a, b) = (model.network.predict(samples, workers: workers), rows.predict(samples, workers: workers))
    #expect(zip(a.values.elements, b.values.elements).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(model.network.inSparseRows(limit: 359) == nil && model.network.inSparseRows(limit: 360) != nil)
    var other = model
    other.network = rows
    try TestFiles.withFolder { folder in
      for format in [ExportFormat.onnx, .csv] {
        let mine = try model.export(as: format, to: Paths.join(folder, "m"))
        let texts = try mine.map { try InputFile.contents(of: $0, limit: 1 << 24) }
        let theirs = try other.export(as: format, to: Paths.join(folder, "m"))
        #expect(try theirs.map { try InputFile.contents(of: $0, limit: 1 << 24) } == texts, "\(format)")
      }
      let archives = try model.export(as: .npz, to: Paths.join(folder, "npz")).map { Paths.name(of: $0) }
      #expect(archives.contains("layer0.weight.npz") && archives.contains("layer2.0.weight.npz"))
      _ = try model.export(as: .safetensors, to: Paths.join(folder, "own"))
      let again = try Model(contentsOf: Paths.join(folder, "own"))
      #expect(again.network.windowedConnections == 360, "its own form keeps the windows")
      _ = try model.export(as: .safetensors, to: Paths.join(folder, "dense"), weights: .dense)
      #expect(try Model(contentsOf: Paths.join(folder, "dense")).network.windowedConnections == 0)
    }
  }

  @Test("inspection counts the degrees of windowed layers")
  func inspection() throws {
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "m.safetensors")
      try model().save(to: path)
      let inspection = try ModelInspection(contentsOf: path)
      #expect(inspection.layers[0].line.kind == "windowed linear")
      let degrees = try #require(inspection.layers[0].topology?.inDegrees)
      #expect(degrees.minimum == 2 && degrees.maximum == 2)
      #expect(inspection.layers[0].weights != nil)
      #expect(try inspection.charts().contains { $0.name == "layer0-fan-in.svg" })
    }
  }

  @Test("broken windows in a file are refused")
  func refusals() throws {
    let (entries, metadata) = try model().tensors(for: "test")
    func refusal(_ old: String, _ new: String, offsets: [UInt16]? = nil) -> String {
      let texts = metadata.map { ($0.0, $0.1.replacing(old, with: new)) }
      let tensors = entries.map { entry in
        entry.name == "0.weight.offset" && offsets != nil
          ? TensorEntry(entry.name, shape: entry.shape, .uint16(offsets ?? [])) : entry
      }
      do throws(FileError) {
        let bytes = SafetensorsWriter.bytes(tensors, metadata: texts)
        _ = try Model(reading: SafetensorsFile(bytes: bytes, path: "test"))
        return "accepted"
      } catch { return error.description }
    }
    #expect(refusal("nothing", "nothing") == "accepted")
    #expect(refusal("\"window\":2", "\"window\":3").contains("'window'"))
    #expect(refusal("\"window\":2", "\"window\":0").contains("'window'"))
    #expect(refusal("\"fan_in\":2", "\"fan_in\":17").contains("'fan_in'"))
    #expect(refusal("\"fan_in\":2", "\"fan_in\":1").contains("shape"))
    let twos = (0..<120).map { UInt16($0 % 2) }
    #expect(refusal("", "", offsets: twos) == "accepted")
    #expect(refusal("", "", offsets: Array(twos.dropLast()) + [2]).contains("got 2 in row 59"))
    #expect(refusal("", "", offsets: Array(twos.dropLast()) + [0]).contains("row 59"))
  }

  @Test("a run with plain gradient descent is the same on any number of threads and after a restart")
  func training() throws {
    let data = Dataset.twoMoons(samples: 64, seed: 1)
    func session(_ threads: Int, batch: Int, accumulation: Int = 1) throws -> TrainingSession {
      try TrainingSession(
        Trainer(
          optimizer: .sgd(learningRate: 0.02, momentum: 0, weightDecay: 1e-3), evolution: .static, epochs: 4,
          batchSize: batch, accumulation: accumulation, seed: 1, threads: threads),
        network: try network(), train: data)
    }
    func bytes(_ session: TrainingSession) throws -> [UInt8] {
      let (entries, metadata) = try session.stateTensors(for: "test")
      return SafetensorsWriter.bytes(entries, metadata: metadata)
    }
    for (batch, accumulation) in [(1, 1), (16, 1), (4, 3)] {
      let first = try session(1, batch: batch, accumulation: accumulation)
      let report = try first.run()
      #expect(report.epochs[3].trainLoss < report.epochs[0].trainLoss, "batch \(batch)")
      // Times differ from run to run.
      let weights = NetworkTensors(first.network).map { SafetensorsWriter.bytes($0.entries) }
      let second = try session(3, batch: batch, accumulation: accumulation)
      for _ in 0..<5 { _ = second.step() }
      let third = try session(2, batch: batch, accumulation: accumulation)
      try third.restore(SafetensorsFile(bytes: try bytes(second), path: "test"))
      _ = try third.run()
      #expect(NetworkTensors(third.network).map { SafetensorsWriter.bytes($0.entries) } == weights, "batch \(batch)")
    }
  }
}
