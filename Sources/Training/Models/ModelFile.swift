// SPDX-License-Identifier: Apache-2.0
// Espalier: models on disk.

public import Datasets
internal import NeuralNetworks
internal import SparseCore

extension Model {
  /// The version of the file form that this code writes, and the newest it reads.
  static let fileVersion = 1

  /// Writes the model as safetensors.
  ///
  /// Sparse weights are CSR triplets, the rest plain tensors, the layers stand in the metadata. The file is there whole
  /// or not at all.
  ///
  /// - Complexity: O(connections) time; no copy of the weights, but a buffer of 4 MiB or a layer's longest row.
  public func save(to path: String) throws(FileError) {
    let (entries, metadata) = try tensors(for: path)
    try SafetensorsWriter.write(entries, metadata: metadata, to: path)
  }

  /// Reads a model that `save(to:)` wrote.
  ///
  /// - Throws: ``FileError`` when the file is missing, cut, damaged, or of a newer version.
  /// - Complexity: O(connections) time; besides the model, 4 bytes a connection of the layer that is being read.
  public init(contentsOf path: String) throws(FileError) {
    try self.init(reading: try SafetensorsFile(path))
  }

  package func tensors(for path: String) throws(FileError) -> ([TensorEntry], [(String, String)]) {
    guard let tensors = NetworkTensors(network) else {
      throw .format(
        path: path, expected: "layers of the built-in kinds", got: "a custom layer",
        advice: "save a custom layer's parameters with code of your own")
    }
    guard Self.fits(task, network) else {
      throw .format(
        path: path, expected: "\(network.outputs) names for the network's outputs", got: "\(task.names.count)",
        advice: "name each class or target once")
    }
    guard featureNames.isEmpty || featureNames.count == network.inputs else {
      throw .format(
        path: path, expected: "\(network.inputs) names for the network's inputs, or none", got: "\(featureNames.count)",
        advice: "name each feature once")
    }
    var entries = tensors.entries
    if let scaling {
      entries.append(TensorEntry("input.shift", .floats(.init(scaling.shifts))))
      entries.append(TensorEntry("input.factor", .floats(.init(scaling.factors))))
    }
    let (kind, names) =
      switch task {
      case .classification(let names): ("classification", names)
      case .regression(let names): ("regression", names)
      }
    var made: [JSONValue.Member] = []
    for fact in facts where !made.contains(where: { $0.key == fact.name }) {
      made.append(.init(fact.name, .string(fact.value)))
    }
    var metadata: [(String, String)] = [
      ("format", "espalier"), ("espalier.version", String(Self.fileVersion)), ("espalier.task", kind),
      ("espalier.names", JSONValue.array(names.map { .string($0) }).text()), ("espalier.loss", loss.written),
      ("espalier.facts", JSONValue.object(made).text()),
    ]
    if !featureNames.isEmpty {
      metadata.append(("espalier.features", JSONValue.array(featureNames.map { .string($0) }).text()))
    }
    metadata += tensors.metadata
    return (entries, metadata)
  }

  package init(reading file: SafetensorsFile) throws(FileError) {
    try Self.checkVersion(file)
    var reader = NetworkReader(file)
    let network = try reader.network()
    let task = try Self.task(file)
    let names = task.names
    guard Self.fits(task, network) else {
      throw .format(
        path: file.path, expected: "\(network.outputs) names in 'espalier.names'", got: "\(names.count)",
        advice: "the file is damaged")
    }
    guard let loss = Loss(written: file.metadata("espalier.loss") ?? "cross_entropy") else {
      throw .format(
        path: file.path, expected: "a known 'espalier.loss'",
        got: file.metadata("espalier.loss").map { "'\($0)'" } ?? "none")
    }
    var scaling: Standardization?
    if file.info("input.shift") != nil {
      scaling = Standardization(
        shifts: try file.vector("input.shift", shape: [network.inputs]).elements,
        factors: try file.vector("input.factor", shape: [network.inputs]).elements)
    }
    let features = Self.strings(file.metadata("espalier.features"))
    guard file.metadata("espalier.features") == nil || features.count == network.inputs else {
      throw .format(
        path: file.path, expected: "\(network.inputs) names in 'espalier.features'", got: "\(features.count)",
        advice: "the file is damaged")
    }
    let facts = (try? JSONValue(parsing: file.metadata("espalier.facts") ?? "{}"))?.asObject ?? []
    self.init(
      network: network, task: task, loss: loss, scaling: scaling, featureNames: features,
      facts: facts.map { ($0.key, $0.value.asString ?? $0.value.text()) })
  }

  private static func checkVersion(_ file: SafetensorsFile) throws(FileError) {
    guard file.metadata("format") == "espalier", let version = Int(file.metadata("espalier.version") ?? "") else {
      throw .format(
        path: file.path, expected: "a model written by Espalier", got: "another safetensors file",
        advice: "name a model.safetensors from a run folder")
    }
    guard (1...fileVersion).contains(version) else {
      throw .format(
        path: file.path, expected: "file version \(fileVersion) or older", got: "\(version)",
        advice: "update Espalier to read it")
    }
  }

  /// Whether there is one name an output; a single output may also tell two classes apart.
  private static func fits(_ task: Task, _ network: Network) -> Bool {
    if case .classification(let names) = task, network.outputs == 1, names.count == 2 { return true }
    return task.names.count == network.outputs
  }

  private static func task(_ file: SafetensorsFile) throws(FileError) -> Task {
    let names = strings(file.metadata("espalier.names"))
    switch file.metadata("espalier.task") {
    case "classification": return .classification(classes: names)
    case "regression": return .regression(targets: names)
    case let other:
      throw .format(
        path: file.path, expected: "'espalier.task' as classification or regression",
        got: other.map { "'\($0)'" } ?? "none",
        advice: "the file is damaged")
    }
  }

  private static func strings(_ text: String?) -> [String] {
    ((try? JSONValue(parsing: text ?? "[]"))?.asArray ?? []).compactMap(\.asString)
  }
}
