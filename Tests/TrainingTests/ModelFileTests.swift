// SPDX-License-Identifier: Apache-2.0
// Espalier: models on disk.

import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Training

@Suite("Model files")
struct ModelFileTests {
  /// A network with every kind of layer.
  private func everything() throws -> Network {
    try Network(inputs: 7, topology: .erdosRenyi(density: 0.5), seed: 4) {
      SparseLinear(9)
      ReLU()
      SparseLinear(9, topology: .fixedFanIn(2).local(window: 3), bias: false)
      LeakyReLU(slope: 0.02)
      AllReLU(slope: 0.6)
      Tanh()
      Linear(9)
      Sigmoid()
      Linear(9, bias: false)
      GELU()
      SReLU()
      Dropout(0.3)
      BatchNorm(momentum: 0.2, epsilon: 1e-4)
      LayerNorm(epsilon: 1e-6)
      Residual {
        SparseLinear(5)
        Dropout(0.1)
        Residual { Linear(5) }
        SparseLinear(9)
      }
      WindowedLinear(12, fanIn: 2, window: 4, bias: true)
      WindowedLinear(7, fanIn: 1, window: 60)
      SparseLinear(3)
    }
  }

  private func model() throws -> Model {
    Model(
      network: try everything(), task: .classification(classes: ["a", "b \"c\"", "ü"]), loss: .binaryCrossEntropy,
      scaling: Standardization(
        shifts: [0, 1, 2, 3, 4, 5, 6], factors: [1, 0, 0.1, -2, 1e-30, 1e30, 7]),
      facts: [("method", "gse"), ("seed", "1"), ("made", "line\nbreak")])
  }

  private func file(_ model: Model) throws -> [UInt8] {
    let (entries, metadata) = try model.tensors(for: "test")
    return SafetensorsWriter.bytes(entries, metadata: metadata)
  }

  private func reread(_ bytes: [UInt8]) throws -> Model {
    try Model(reading: SafetensorsFile(bytes: bytes))
  }

  /// The file with another text under a key of its metadata.
  private func changed(_ key: String, _ value: String?) throws -> [UInt8] {
    let (entries, metadata) = try model().tensors(for: "test")
    return SafetensorsWriter.bytes(
      entries, metadata: metadata.compactMap { $0.0 == key ? value.map { (key, $0) } : $0 })
  }

  private func refusal(_ bytes: [UInt8]) -> String {
    do throws(FileError) {
      _ = try Model(reading: SafetensorsFile(bytes: bytes))
      return "accepted"
    } catch { return error.description }
  }

  @Test("every kind of layer comes back, with the same bytes and the same answers")
  func roundTrip() throws {
    let model = try model()
    let bytes = try file(model)
    let again = try reread(bytes)
    #expect(try file(again) == bytes)
    #expect(again.task == model.task && again.loss == model.loss && again.scaling == model.scaling)
    #expect(again.facts.map(\.name) == model.facts.map(\.name))
    #expect(again.facts.map(\.value) == model.facts.map(\.value))
    #expect(again.network.summary.connections == model.network.summary.connections)
    let data = Dataset.teacherStudent(samples: 20, inputs: 7, hidden: 4, outputs: 3, density: 0.5, seed: 1)
    let workers = Workers(threads: 1)
    #expect(
      try again.scores(of: data, workers: workers).values.elements.map(\.bitPattern)
        == model.scores(of: data, workers: workers).values.elements.map(\.bitPattern))
  }

  @Test("a trained network keeps its moments, knees and connections")
  func trained() throws {
    var network = try everything()
    let data = Dataset.teacherStudent(samples: 40, inputs: 7, hidden: 4, outputs: 3, density: 0.5, seed: 1)
    try Trainer(
      optimizer: .sgd(learningRate: 0.01), evolution: .gse(every: .steps(2)), epochs: 2, batchSize: 8, threads: 1
    ).fit(&network, to: data)
    var model = try model()
    model.network = network
    #expect(Tasks.bytes(try reread(file(model)).network) == Tasks.bytes(network))
  }

  @Test("a model goes through a file on disk")
  func disk() throws {
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "model.safetensors")
      let model = try model()
      try model.save(to: path)
      #expect(try InputFile.contents(of: path, limit: 1 << 20) == file(model))
      #expect(try file(Model(contentsOf: path)) == file(model))
      #expect(Paths.list(folder) == ["model.safetensors"])
      #expect(throws: FileError.missing(path: path + "x")) { try Model(contentsOf: path + "x") }
    }
  }

  @Test("one output may tell two classes apart")
  func twoClassesOneOutput() throws {
    let network = try Network(inputs: 2, seed: 1) { Linear(1) }
    let model = Model(network: network, task: .classification(classes: ["no", "yes"]), loss: .binaryCrossEntropy)
    #expect(try reread(file(model)).task == model.task)
  }

  @Test("other counts of names are refused when saving and when reading")
  func names() throws {
    var model = try model()
    model.task = .regression(targets: ["only one"])
    #expect(throws: FileError.self) { try model.tensors(for: "test") }
    #expect(try refusal(changed("espalier.names", "[\"a\"]")).contains("expected 3 names in 'espalier.names', got 1"))
    #expect(try refusal(changed("espalier.names", "[1,2,3]")).contains("got 0"))
    #expect(try refusal(changed("espalier.names", "]")).contains("got 0"))
  }

  @Test("a fact named twice keeps its first value")
  func repeatedFacts() throws {
    var model = try model()
    model.facts = [("a", "1"), ("b", "2"), ("a", "3")]
    let facts = try reread(file(model)).facts
    #expect(facts.map(\.name) == ["a", "b"] && facts.map(\.value) == ["1", "2"])
  }

  @Test("other versions, tasks, losses and formats are refused with words")
  func metadata() throws {
    for version in ["2", "0", "-1", "x", nil] {
      #expect(try refusal(changed("espalier.version", version)) != "accepted")
    }
    #expect(try refusal(changed("espalier.version", "2")).contains("update Espalier"))
    #expect(try refusal(changed("format", "pt")).contains("expected a model written by Espalier"))
    #expect(try refusal(changed("espalier.task", "poetry")).contains("classification or regression, got 'poetry'"))
    #expect(try refusal(changed("espalier.task", nil)).contains("got none"))
    #expect(try refusal(changed("espalier.loss", "zero")).contains("expected a known 'espalier.loss', got 'zero'"))
    #expect(try refusal(changed("espalier.network", nil)).contains("'espalier.network'"))
  }

  @Test(
    "layers that contradict themselves or the tensors are refused",
    arguments: [
      #"{"inputs":0,"layers":[]}"#, #"{"inputs":-7,"layers":[]}"#, #"{"inputs":7}"#, "[]", "7", "",
      #"{"inputs":2147483647,"layers":[{"kind":"relu","inputs":2147483647,"outputs":2147483647}]}"#,
      #"{"inputs":9223372036854775807,"layers":[]}"#,
      #"{"inputs":7,"layers":[{"kind":"sparse linear","inputs":8,"outputs":9}]}"#,
      #"{"inputs":7,"layers":[{"kind":"sparse linear","inputs":7,"outputs":10}]}"#,
      #"{"inputs":7,"layers":[{"kind":"sparse linear","inputs":7,"outputs":2147483647}]}"#,
      #"{"inputs":7,"layers":[{"kind":"linear","inputs":7,"outputs":2147483647}]}"#,
      #"{"inputs":7,"layers":[{"kind":"linear","inputs":7,"outputs":9}]}"#,
      #"{"inputs":7,"layers":[{"kind":"relu","inputs":7,"outputs":9}]}"#,
      #"{"inputs":7,"layers":[{"kind":"relu","inputs":7}]}"#,
      #"{"inputs":7,"layers":[{"kind":"custom","inputs":7,"outputs":7}]}"#,
      #"{"inputs":7,"layers":[{"kind":"empty","inputs":7,"outputs":7}]}"#,
      #"{"inputs":7,"layers":[{"kind":"dropout","inputs":7,"outputs":7,"rate":1}]}"#,
      #"{"inputs":7,"layers":[{"kind":"dropout","inputs":7,"outputs":7}]}"#,
      #"{"inputs":7,"layers":[{"kind":"batch norm","inputs":7,"outputs":7,"momentum":2,"epsilon":0}]}"#,
      #"{"inputs":7,"layers":[{"kind":"leaky relu","inputs":7,"outputs":7,"slope":1e30}]}"#,
      #"{"inputs":7,"layers":[{"kind":"residual","inputs":7,"outputs":8,"layers":[]}]}"#,
      #"{"inputs":7,"layers":[{"kind":"srelu","inputs":7,"outputs":7}]}"#, #"{"inputs":7,"layers":[7]}"#,
    ])
  func brokenLayers(_ text: String) throws {
    let message = try refusal(changed("espalier.network", text))
    #expect(message.contains("expected ") && message.contains("got "), "\(message)")
  }

  @Test("normalisation with an epsilon of 0, or one that rounds to it, is refused", arguments: ["0", "1e-60"])
  func epsilonOfZero(_ epsilon: String) throws {
    let text = try #require(try model().tensors(for: "test").1.first { $0.0 == "espalier.network" }?.1)
    let parts = text.split(separator: "\"epsilon\":").map(String.init)
    #expect(parts.count == 3)
    for (norm, layer) in [(1, 12), (2, 13)] {
      var others = parts
      others[norm] = epsilon + parts[norm].drop { $0 != "}" && $0 != "," }
      let message = try refusal(changed("espalier.network", others.joined(separator: "\"epsilon\":")))
      #expect(message.contains("expected layer \(layer) with an 'epsilon' above 0"), "\(message)")
    }
  }

  @Test("residual blocks nested too deep are refused")
  func deepNesting() throws {
    var text = "[]"
    for _ in 0..<30 { text = #"[{"kind":"residual","inputs":7,"outputs":7,"layers":"# + text + "}]" }
    let message = try refusal(changed("espalier.network", #"{"inputs":7,"layers":"# + text + "}"))
    #expect(message.contains("nested") || message.contains("JSON"), "\(message)")
  }

  @Test("a custom layer is refused when saving, with what to do")
  func custom() throws {
    let network = try Network(inputs: 3) { Custom { inputs, _ in ActivationLayer(features: inputs, function: .tanh) } }
    let model = Model(network: network, task: .regression(targets: ["x", "y", "z"]), loss: .meanSquaredError)
    #expect(throws: FileError.self) { try model.save(to: "/nowhere/model.safetensors") }
  }

  @Test("a model cut at any byte is refused")
  func cuts() throws {
    let bytes = try file(model())
    for cut in stride(from: 0, to: bytes.count, by: 23) {
      #expect(throws: FileError.self) { try reread(Array(bytes.prefix(cut))) }
    }
  }

  @Test("weights that are not finite are read as they are")
  func notFinite() throws {
    let network = try Network(inputs: 2, seed: 1) { Linear(2) }
    guard case .linear(let layer) = network.layers[0] else { return }
    var weight = layer.weight
    weight[0, 1] = .nan
    let model = Model(
      network: Network(inputs: 2, builtLayers: [.linear(LinearLayer(weight: weight, bias: nil))]),
      task: .classification(classes: ["a", "b"]))
    #expect(try file(reread(file(model))) == file(model))
  }

  @Test("the names of the features go through the file, and a file without them is read")
  func featureNames() throws {
    var model = try model()
    #expect(try !model.tensors(for: "test").1.contains { $0.0 == "espalier.features" })
    #expect(try reread(file(model)).featureNames.isEmpty)
    model.featureNames = ["a", "b", "c \"d\"", "ü", "", "f", "g"]
    #expect(try reread(file(model)).featureNames == model.featureNames)
    #expect(try file(reread(file(model))) == file(model))
    let (entries, metadata) = try model.tensors(for: "test")
    let short = metadata.map { $0.0 == "espalier.features" ? ($0.0, #"["a","b"]"#) : $0 }
    #expect(
      refusal(SafetensorsWriter.bytes(entries, metadata: short)).contains(
        "expected 7 names in 'espalier.features', got 2"))
    model.featureNames = ["a"]
    #expect(throws: FileError.self) { try model.tensors(for: "test") }
  }

  @Test("features are found by their names, in any order and among others")
  func columnOrder() throws {
    var model = try model()
    let names = ["a", "b", "c", "d", "e", "f", "g"]
    let data = Dataset.teacherStudent(samples: 20, inputs: 7, hidden: 4, outputs: 3, density: 0.5, seed: 1)
    let workers = Workers(threads: 1)
    let wanted = try model.scores(of: data, workers: workers)
    func named(_ names: [String], columns: [Int]) -> Dataset {
      var features = Matrix(rows: data.count, columns: columns.count)
      for row in 0..<data.count {
        for (place, column) in columns.enumerated() { features[row, place] = data.features[row, column] }
      }
      return Dataset(name: "named", features: features, targets: data.targets, featureNames: names)
    }
    func refusal(_ dataset: Dataset) -> String {
      do throws(FileError) {
        return "accepted \(try model.scores(of: dataset, workers: workers).rows)"
      } catch { return error.description }
    }
    let order = [6, 0, 3, 1, 2, 5, 4]
    let moved = named(order.map { names[$0] }, columns: order)
    #expect(try model.scores(of: moved, workers: workers) != wanted)
    model.featureNames = names
    #expect(try model.scores(of: data, workers: workers) == wanted)
    #expect(try model.scores(of: moved, workers: workers) == wanted)
    let more = named(["id"] + order.map { names[$0] } + ["time"], columns: [0] + order + [1])
    #expect(try model.scores(of: more, workers: workers) == wanted)
    #expect(more.features(besides: names) == ["id", "time"])
    #expect(
      refusal(named(["A", "B", "C", "D", "e", "f", "g"], columns: Array(0..<7))).contains(
        "missing: 'a', 'b', 'c' and 1 more, got the columns 'A', 'B', 'C', 'D', 'e', 'f' and 1 more; add or rename"))
    #expect(refusal(named(["a"] + names, columns: [1] + Array(0..<7))).contains("got several"))
    model.featureNames = ["a", "a", "c", "d", "e", "f", "g"]
    #expect(try model.scores(of: named(model.featureNames, columns: Array(0..<7)), workers: workers) == wanted)
    #expect(refusal(named(["a"] + names.dropFirst(2) + ["a"], columns: Array(0..<7))).contains("got several"))
  }

  @Test("data with another number of features is refused")
  func features() throws {
    let model = try model()
    #expect(throws: FileError.self) { try model.scores(of: Tasks.moons(5), workers: Workers(threads: 1)) }
  }
}

@Suite("Loss in files")
struct LossNameTests {
  @Test("a loss is read back with its setting, and nothing else is taken for one")
  func roundTrip() {
    let losses: [Loss] = [
      .crossEntropy, .crossEntropy(labelSmoothing: 0.1), .meanSquaredError, .huber, .huber(delta: 0.25),
      .binaryCrossEntropy,
    ]
    for loss in losses { #expect(Loss(written: loss.written) == loss) }
    for text in ["", "huber 0", "huber x", "huber 1 2", "cross_entropy 1", "mean_squared_error 2", "huber nan"] {
      #expect(Loss(written: text) == nil)
    }
  }
}
