// SPDX-License-Identifier: Apache-2.0
// Espalier: saved models under the magnifying glass.

import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Datasets
@testable import Training

@Suite("inspection")
struct ModelInspectionTests {
  private func layer(_ rows: Int, _ columns: Int, _ starts: [Int], _ indices: [UInt32]) throws -> BuiltLayer {
    let pattern = try SparsityPattern(rows: rows, columns: columns, rowStarts: starts, columnIndices: indices)
    let values = Vector(indices.map { Float($0) + 1 })
    return .sparseLinear(SparseLinearLayer(weight: SparseMatrix(pattern: pattern, values: values), bias: nil))
  }

  /// Four inputs, three hidden neurons of which one is not fed and one is not read, two outputs.
  private func model() throws -> Model {
    let layers = [try layer(3, 4, [0, 2, 2, 3], [0, 3, 1]), try layer(2, 3, [0, 2, 2], [0, 1])]
    return Model(
      network: Network(inputs: 4, builtLayers: layers), task: .classification(classes: ["a", "b"]),
      facts: [("seed", "3")])
  }

  private func inspect<Result>(_ model: Model, _ body: (ModelInspection) throws -> Result) throws -> Result {
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "m.safetensors")
      try model.save(to: path)
      return try body(ModelInspection(contentsOf: path))
    }
  }

  @Test("counts what can be counted by hand")
  func byHand() throws {
    try inspect(try model()) { inspection in
      #expect(inspection.connections == 5 && inspection.denseConnections == 18 && inspection.neurons == 9)
      #expect(inspection.deadNeurons == 2)
      let topology = try #require(inspection.layers[0].topology)
      #expect(topology.inDegrees.minimum == 0 && topology.inDegrees.mean == 1 && topology.inDegrees.maximum == 2)
      #expect(topology.deadOutputs == 1 && topology.deadInputs == 1)
      let weights = try #require(inspection.layers[0].weights)
      #expect(weights.minimum == 1 && weights.maximum == 4 && abs(weights.mean - 7.0 / 3) < 1e-12)
      #expect(abs(weights.deviation - (14.0 / 9).squareRoot()) < 1e-12)
      #expect(inspection.facts.map(\.name) == ["seed"] && inspection.loss == "cross_entropy")
    }
  }

  @Test("every kind of layer has its line, and totals are the network's", arguments: SampleModels.names)
  func everyKind(name: String) throws {
    let model = try SampleModels.model(name)
    let summary = model.network.summary
    try inspect(model) { inspection in
      #expect(inspection.layers.map(\.line) == summary.lines)
      #expect(inspection.sparsity == summary.sparsity && inspection.bytes == summary.bytes)
      #expect(inspection.scalesInputs == (model.scaling != nil))
      #expect(inspection.layers.allSatisfy { ($0.topology != nil) == ($0.line.kind == "sparse linear") })
    }
  }

  @Test("the state of a run is read too")
  func state() throws {
    let network = try SampleModels.model("plain").network
    let trainer = Trainer(optimizer: .adam(), epochs: 1, batchSize: 3, seed: 4, threads: 1)
    let session = try TrainingSession(trainer, network: network, train: SampleModels.samples())
    _ = session.step()
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "state.safetensors")
      try session.saveState(to: path)
      let inspection = try ModelInspection(contentsOf: path)
      #expect(inspection.task == nil && inspection.connections == network.connectionCount)
      #expect(inspection.facts.contains { $0.name == "steps done" && $0.value == "1" })
      #expect(inspection.facts.contains { $0.name == "seed" && $0.value == "4" })
    }
  }

  @Test("draws two charts a sparse layer, and the input on its image")
  func charts() throws {
    try inspect(try model()) { inspection in
      let names = try inspection.charts().map(\.name)
      let degrees = ["layer0-fan-in.svg", "layer0-fan-out.svg", "layer1-fan-in.svg", "layer1-fan-out.svg"]
      #expect(names == degrees + ["input-connections.svg", "input-strength.svg"])
      let wide = try inspection.charts(image: ImageShape(height: 1, width: 4))
      #expect(wide[4].svg.contains("row 0, column 3: 1"))
      #expect(wide[5].svg.contains("row 0, column 3: 4"), "the weight of input 3 is 4")
      #expect(throws: FileError.self) { try inspection.charts(image: ImageShape(height: 3, width: 3)) }
    }
  }
}
