// SPDX-License-Identifier: Apache-2.0
// Espalier: models for other programs.

import NeuralNetworks
import SparseCore
import Testing

@testable import Datasets
@testable import Training

@Suite("export")
struct ExportTests {
  private let workers = Workers(threads: 1)

  private func sparse(_ model: Model) -> [(place: String, layer: SparseLinearLayer)] {
    model.network.placedLayers.compactMap { placed in
      if case .sparseLinear(let layer) = placed.layer { (placed.place, layer) } else { nil }
    }
  }

  @Test("npz: each sparse layer is the triple that SciPy keeps", arguments: SampleModels.names)
  func archives(name: String) throws {
    let model = try SampleModels.model(name)
    try TestFiles.withFolder { folder in
      let paths = try model.export(as: .npz, to: folder)
      for (place, layer) in sparse(model) {
        let path = Paths.join(folder, "layer\(place).weight.npz")
        #expect(paths.contains(path))
        #expect(try WrittenFiles.names(path).sorted() == ["data", "format", "indices", "indptr", "shape"])
        #expect(
          try WrittenFiles.words(path, "indptr", as: UInt64.self).map { Int($0) } == layer.weight.pattern.rowStarts)
        #expect(try WrittenFiles.words(path, "indices", as: UInt32.self) == layer.weight.pattern.columnIndices)
        #expect(try Vector(WrittenFiles.floats(path, "data")) == layer.weight.values)
        #expect(
          try WrittenFiles.words(path, "shape", as: UInt64.self) == [UInt64(layer.outputs), UInt64(layer.inputs)])
        #expect(try WrittenFiles.words(path, "format", as: UInt8.self) == Array("csr".utf8))
      }
      let biases = Paths.join(folder, "biases.npz")
      for placed in model.network.placedLayers {
        for (vector, values) in placed.vectors {
          let path = vector == "bias" ? biases : Paths.join(folder, "parameters.npz")
          #expect(try Vector(WrittenFiles.floats(path, "layer\(placed.place).\(vector)")) == values)
        }
      }
      let description = try JSONValue(parsing: WrittenFiles.text(Paths.join(folder, "network.json")))
      #expect(description["network"]?["inputs"] == 6)
      #expect(description["names"]?.asArray?.compactMap(\.asString) == model.task.names)
      for path in paths { Paths.remove(path) }
      #expect(Paths.list(folder).isEmpty, "all files were told")
    }
  }

  @Test("csv: every connection once, and each number reads back", arguments: SampleModels.names)
  func tables(name: String) throws {
    let model = try SampleModels.model(name)
    try TestFiles.withFolder { folder in
      let paths = try model.export(as: .csv, to: Paths.join(folder, "m.csv"))
      #expect(paths.map { Paths.name(of: $0) } == ["m.csv", "m.vectors.csv"])
      let lines = try WrittenFiles.text(paths[0]).split(separator: "\n").map { $0.split(separator: ",") }
      #expect(lines[0] == ["layer", "output", "input", "weight"])
      #expect(lines.count - 1 == model.network.connectionCount)
      for (place, layer) in sparse(model) {
        let mine = lines.filter { $0[0] == place }
        #expect(mine.count == layer.weight.count)
        for line in mine {
          let (row, column) = (try #require(Int(line[1])), try #require(Int(line[2])))
          let position = try #require(layer.weight.pattern.position(row: row, column: column))
          #expect(Float(line[3]) == layer.weight.values[position])
        }
      }
      let vectors = try WrittenFiles.text(paths[1]).split(separator: "\n").dropFirst()
      let scaling = model.scaling == nil ? 0 : 2 * model.network.inputs
      #expect(
        vectors.count == scaling + model.network.placedLayers.flatMap(\.vectors).reduce(0) { $0 + $1.values.count })
    }
  }

  @Test("dense safetensors: the same answers from layers without sparsity", arguments: SampleModels.names)
  func densified(name: String) throws {
    let model = try SampleModels.model(name)
    let samples = SampleModels.samples()
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "m.safetensors")
      try model.export(as: .safetensors, to: path, weights: .dense)
      let read = try Model(contentsOf: path)
      #expect(read.network.sparseLayers.isEmpty)
      #expect(read.network.connectionCount == model.network.summary.denseConnections)
      #expect(read.task == model.task)
      let (wanted, got) = (
        try model.scores(of: samples, workers: workers), try read.scores(of: samples, workers: workers)
      )
      for row in 0..<wanted.rows {
        for column in 0..<wanted.columns { #expect(abs(wanted[row, column] - got[row, column]) < 1e-4) }
      }
    }
  }

  private func graph(_ model: Model, _ weights: ExportWeights = .sparse) throws -> Fields {
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "m.onnx")
      try model.export(as: .onnx, to: path, weights: weights)
      return try #require(try Fields(InputFile.contents(of: path, limit: 1 << 24)).messages(7).first)
    }
  }

  @Test("onnx: the operations of each kind of layer, in order")
  func operations() throws {
    func operations(_ name: String) throws -> [String] {
      try graph(SampleModels.model(name)).messages(1).flatMap { $0.texts(4) }
    }
    #expect(try operations("plain") == ["Sub", "Mul", "Gemm", "Relu", "Gemm", "Identity", "Softmax"])
    #expect(
      try operations("normalized") == [
        "Gemm", "BatchNormalization", "Relu", "Gemm", "LayerNormalization", "Gemm", "Identity", "Softmax",
      ])
    #expect(try operations("binary") == ["Gemm", "Tanh", "Gemm", "Identity", "Sigmoid"])
    #expect(try operations("regression") == ["Gemm", "Tanh", "Gemm", "Identity"])
    let arm = ["Sub", "Mul", "Add", "Where"]
    #expect(
      try operations("residual") == ["Gemm", "Gemm", "Relu", "Gemm", "LayerNormalization", "Add"]
        + ["GreaterOrEqual"] + arm + ["LessOrEqual"] + arm + [
          "Gemm", "Add", "Tanh", "Add", "Gemm", "Identity", "Softmax",
        ]
    )
    let activations = try operations("activations")
    #expect(activations.count { $0 == "LeakyRelu" } == 3)
    #expect(!activations.contains("Dropout"))
  }

  @Test(
    "onnx: every value is made before it is used, and the outputs are the promised ones", arguments: SampleModels.names)
  func wiring(name: String) throws {
    let graph = try graph(SampleModels.model(name))
    let sparse = try graph.messages(15).flatMap { try $0.messages(1).flatMap { $0.texts(8) } }
    var known = Set(try graph.messages(5).flatMap { $0.texts(8) } + sparse + graph.messages(11).flatMap { $0.texts(1) })
    for node in try graph.messages(1) {
      for input in node.texts(1) { #expect(known.contains(input), "\(input)") }
      for output in node.texts(2) { #expect(known.insert(output).inserted, "\(output)") }
    }
    #expect(
      try graph.messages(12).flatMap { $0.texts(1) } == ["scores"] + (name == "regression" ? [] : ["probabilities"]))
  }

  @Test("onnx: sparse initializers hold the connections and nothing else; dense ones every cell")
  func initializers() throws {
    let model = try SampleModels.model("plain")
    let layers = sparse(model)
    let tensors = try graph(model).messages(15)
    #expect(tensors.count == layers.count)
    for (tensor, (_, layer)) in zip(tensors, layers) {
      #expect(tensor.integers(3) == [layer.outputs, layer.inputs])
      let values = try #require(try tensor.messages(1).first?.bytes(9).first)
      let cells = try #require(try tensor.messages(2).first?.bytes(9).first)
      #expect(values.count == 4 * layer.weight.count)
      let numbers = stride(from: 0, to: cells.count, by: 8).map { start in
        (0..<8).reduce(0) { $0 | Int(cells[start + $1]) << (8 * $1) }
      }
      #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
      #expect(
        numbers.allSatisfy { layer.weight.pattern.contains(row: $0 / layer.inputs, column: $0 % layer.inputs) })
    }
    let dense = try graph(model, .dense)
    #expect(try dense.messages(15).isEmpty)
    let sizes = try dense.messages(5).filter { $0.texts(8)[0].hasSuffix("weight") }.map { $0.bytes(9)[0].count }
    #expect(sizes == layers.map { 4 * $0.layer.outputs * $0.layer.inputs })
  }

  @Test("dense weights beyond the bound are refused before they are made")
  func denseBound() throws {
    let wide = 1 << 17
    let pattern = try SparsityPattern(
      rows: wide, columns: wide, rowStarts: [Int](repeating: 0, count: wide) + [1], columnIndices: [5])
    let layer = SparseLinearLayer(weight: SparseMatrix(pattern: pattern, values: [1]), bias: nil)
    let model = Model(
      network: Network(inputs: wide, builtLayers: [.sparseLinear(layer)]), task: .regression(targets: []))
    #expect {
      try model.export(as: .onnx, to: "never.onnx", weights: .dense)
    } throws: { error in
      guard case .format(_, let expected, let got, _) = error as? FileError else { return false }
      return expected.contains("8589934592") && got == "68719476736"
    }
  }
}
