// SPDX-License-Identifier: Apache-2.0
// Espalier: answers, and how they are judged.

import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Datasets
@testable import Training

@Suite("predictions and evaluation")
struct PredictionsTests {
  private let workers = Workers(threads: 1)

  @Test("the archive holds the raw scores, the best class and its softmax")
  func archive() throws {
    let model = try SampleModels.model("plain")
    let samples = SampleModels.samples()
    let predictions = try Predictions(of: model, for: samples, workers: workers)
    #expect(try predictions.scores == model.scores(of: samples, workers: workers))
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "p.npz")
      try predictions.write(to: path)
      #expect(try WrittenFiles.names(path) == ["scores", "classes", "probabilities", "class_names"])
      #expect(try Vector(WrittenFiles.floats(path, "scores")) == predictions.scores.values)
      let classes = try WrittenFiles.words(path, "classes", as: UInt64.self).map { Int($0) }
      let probabilities = try WrittenFiles.floats(path, "probabilities")
      for sample in 0..<samples.count {
        let row = predictions.scores.row(sample)
        #expect(row[classes[sample]] == row.max())
        let shares = probabilities[3 * sample..<3 * sample + 3]
        #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
        #expect(predictions.confidence(sample) == shares.max())
      }
    }
  }

  @Test("binary scores go through a sigmoid each, other losses give no probabilities")
  func forms() throws {
    let scores = Matrix(rows: 1, columns: 3, values: [0, 2, -1000])
    let shares = ProbabilityForm.sigmoid.apply(to: scores).row(0)
    #expect(shares[0] == 0.5 && abs(shares[1] - 0.880797) < 1e-6 && shares[2] == 0)
    let huge = ProbabilityForm.softmax.apply(to: Matrix(rows: 1, columns: 2, values: [1000, 1000])).row(0)
    #expect(huge == [0.5, 0.5])
    let regression = try Predictions(
      of: SampleModels.model("regression"), for: SampleModels.samples(), workers: workers)
    #expect(regression.probabilities == nil && regression.classes.isEmpty && regression.names == ["height", "weight"])
  }

  @Test("the table names its columns and quotes what must be quoted")
  func table() throws {
    var model = try SampleModels.model("plain")
    model.task = .classification(classes: ["a, b", "c", "d"])
    let predictions = try Predictions(of: model, for: SampleModels.samples(2), workers: workers)
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "p.csv")
      try predictions.write(to: path)
      let lines = try WrittenFiles.text(path).split(separator: "\n")
      #expect(lines.count == 3)
      #expect(lines[0] == "class,probability,\"score a, b\",score c,score d")
    }
  }

  @Test("a single output tells a class from the rest")
  func single() throws {
    let network = try Network(inputs: 6, topology: .dense, seed: 1, layers: SparseLinear(1).descriptions)
    let model = Model(network: network, task: .classification(classes: ["yes"]), loss: .binaryCrossEntropy)
    let samples = SampleModels.samples()
    let named = Dataset(
      name: "s", features: samples.features,
      targets: .classes([0, 1, 2, 0, 1, 2, 0, 1, 2], names: ["no", "yes", "other"]))
    let metrics = try model.evaluate(on: named, workers: workers)
    #expect(metrics.confusion.reduce(0, +) == 9 && metrics.confusion.count == 4)
    #expect(metrics.confusion[2] + metrics.confusion[3] == 3)
    let predictions = try Predictions(of: model, for: samples, workers: workers)
    #expect(predictions.names == ["not yes", "yes"])
    for sample in 0..<9 { #expect(try #require(predictions.confidence(sample)) >= 0.5) }
  }

  @Test("classes are told by name, in whatever order the data lists them")
  func classOrder() throws {
    let model = try SampleModels.model("plain")
    let samples = SampleModels.samples()
    let wanted = try model.evaluate(on: samples, workers: workers)
    guard case .classes(let labels, _) = samples.targets else { return }
    let turned = Dataset(
      name: "turned", features: samples.features, targets: .classes(labels.map { 2 - $0 }, names: ["c", "b", "a"]))
    #expect(try model.evaluate(on: turned, workers: workers) == wanted)
    let strange = Dataset(
      name: "strange", features: samples.features, targets: .classes(labels, names: ["a", "b", "x"]))
    #expect {
      try model.evaluate(on: strange, workers: workers)
    } throws: { "\($0)".contains("expected the model's classes (a, b, c), got the class 'x'") }
    let bare = Dataset(name: "bare", features: samples.features, targets: .none)
    #expect(throws: FileError.self) { try model.evaluate(on: bare, workers: workers) }
  }

  @Test("precision, recall and F1 follow from the confusion matrix")
  func classMetrics() throws {
    let scores = Matrix(rows: 4, columns: 3, values: [1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0])
    let metrics = Metrics(
      scores: scores, targets: .classes([0, 0, 1, 1], names: ["a", "b", "c"]), loss: .crossEntropy, workers: workers)
    let lines = metrics.classMetrics(names: ["a", "b", "c"])
    #expect(lines.map(\.samples) == [2, 2, 0])
    #expect(lines.map(\.predicted) == [3, 1, 0])
    #expect(lines.map(\.precision) == [2.0 / 3, 1, nil])
    #expect(lines.map(\.recall) == [1, 0.5, nil])
    #expect(lines[0].f1 == 0.8 && lines[2].f1 == nil)
  }

  @Test("a data set written as .npz or .csv reads back as it was", arguments: ["d.npz", "d.csv"])
  func datasetFiles(name: String) throws {
    let samples = SampleModels.samples()
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, name)
      if name == "d.npz" { try DatasetArchive.write(samples, to: path) } else { try CSVWriter.write(samples, to: path) }
      let read = try DatasetReader.read(path: path).train
      #expect(read.features == samples.features && read.targets == samples.targets)
    }
  }

  @Test("a single output tells two classes apart where its loss does", arguments: [Loss.meanSquaredError, .huber])
  func singleOutput(loss: Loss) throws {
    let layer = LinearLayer(weight: Matrix(rows: 1, columns: 1, values: [1]), bias: nil)
    let model = Model(
      network: Network(inputs: 1, builtLayers: [.linear(layer)]), task: .classification(classes: ["no", "yes"]),
      loss: loss)
    let samples = Dataset(
      name: "single", features: Matrix(rows: 4, columns: 1, values: [-1, 0.25, 0.75, 2]),
      targets: .classes([0, 0, 1, 1], names: ["no", "yes"]))
    #expect(try Predictions(of: model, for: samples, workers: workers).classes == [0, 0, 1, 1])
    #expect(try model.evaluate(on: samples, workers: workers).accuracy == 1)
  }
}
