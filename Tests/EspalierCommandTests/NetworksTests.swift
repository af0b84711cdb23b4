// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier train --network`.

import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing
import Training

@testable import EspalierCommand

@Suite("espalier train --network")
struct NetworksTests {
  private func network(_ arguments: [String], _ data: Dataset) throws -> Network {
    try Workplace.command(arguments).askedConfiguration().resolved().makeNetwork(
      inputs: data.featureCount, outputs: data.classCount, form: DataForm(data))
  }

  private func image(_ height: Int, _ width: Int, _ channels: Int) -> Dataset {
    let shape = ImageShape(height: height, width: width, channels: channels)
    return Dataset(
      name: "image", features: .init(rows: 1, columns: shape.featureCount),
      targets: .classes([0], names: (0..<10).map { "\($0)" }), image: shape)
  }

  @Test("images get convolutions that fit them, with an exact budget")
  func convolutions() throws {
    let large = try network(["--network", "lenet5", "--sparsity", "0.9"], image(28, 28, 1))
    #expect(
      large.sparseLayers.map { [$0.weight.rows, $0.weight.columns] } == [
        [6, 25], [16, 150], [120, 400], [84, 120], [10, 84],
      ])
    #expect(large.connectionCount == 6147)
    let small = try network(["--network", "lenet5", "--method", "static"], .digits())
    #expect(small.sparseLayers.map { $0.weight.columns } == [9, 54, 64, 120, 84])
    let colour = try network(["--network", "vgg-small", "--dense-output"], image(32, 32, 3))
    #expect(colour.layers.first?.kind == "channels last" && colour.layers.last?.kind == "linear")
    #expect(colour.sparseLayers.map { $0.weight.rows } == [16, 16, 32, 32, 128])
    let dense = try network(["--network", "lenet5", "--method", "dense"], image(28, 28, 1))
    #expect(dense.summary.parameters == 61_706 && dense.summary.sparsity == 0)
  }

  @Test("recurrent networks without a width are refused")
  func noWidth() throws {
    let text = Dataset.grammar(seed: 0).train
    #expect(throws: CommandError.self) { try network(["--network", "lstm", "--hidden", "none"], text) }
  }

  @Test("text gets recurrent layers of the widths asked for")
  func recurrent() throws {
    let text = Dataset.grammar(seed: 0).train
    let two = try network(["--network", "lstm", "--hidden", "12,7", "--sparsity", "0.8"], text)
    #expect(two.layers.map(\.kind) == ["sparse lstm", "sparse lstm", "sparse linear"])
    #expect(two.layers.map(\.outputs) == [24 * 12, 7, text.classCount])
    let one = try network(["--network", "gru", "--hidden", "9", "--method", "dense", "--dropout", "0.1"], text)
    #expect(one.layers.map(\.kind) == ["sparse gru", "dropout", "linear"] && one.summary.sparsity == 0)
  }

  @Test("a run of each kind is trained, saved and inspected")
  func runs() throws {
    try Workplace.withFolder { base in
      let text = Paths.join(base, "tale.txt")
      try OutputFile.write(String(repeating: "a cat, a hat; the bat sat.\n", count: 60), to: text)
      for (data, kind, hidden) in [
        ("digits", "lenet5", "24"), ("digits", "vgg-small", "24"), (text, "lstm", "6,5"), (text, "gru", "6"),
      ] {
        let folder = Paths.join(base, kind)
        try Workplace.train(
          folder,
          [
            "--network", kind, "--data", data, "--hidden", hidden, "--sparsity", "0.7", "--epochs", "1", "--max-steps",
            "6",
            "--method", "rigl", "--update-every", "2",
          ])
        let run = RunFolder(folder)
        let summary = try JSONValue(parsing: Workplace.text(run.summary))
        #expect(summary["steps"]?.asInt == 6)
        #expect((summary["test_bits_per_character"] != nil) == (data == text))
        if let bits = summary["test_bits_per_character"]?.asDouble {
          #expect(bits == (summary["test_loss"]?.asDouble ?? 0) / 0.693_147_180_559_945_3)
        }
        let inspection = try ModelInspection(contentsOf: run.model)
        #expect(inspection.connections == summary["connections"]?.asInt)
      }
    }
  }

  @Test("data that a network cannot read is a usage error that says what to take")
  func errors() throws {
    for (kind, data) in [("lenet5", "two-moons"), ("vgg-small", "parity"), ("lstm", "digits"), ("gru", "two-moons")] {
      try Workplace.withFolder { base in
        #expect(
          Workplace.status { try Workplace.train(Paths.join(base, "run"), ["--network", kind, "--data", data]) }
            == .usage)
      }
    }
    #expect(Workplace.status { _ = try Workplace.command(["--network", "resnet"]).askedConfiguration() } == .usage)
  }

  @Test("settings without effect are told")
  func notes() throws {
    let data = try PreparedData(DataSettings())
    func notes(_ arguments: [String]) throws -> [String] {
      try Workplace.command(arguments).askedConfiguration().notes(for: data)
    }
    #expect(try notes(["--network", "lenet5"]).isEmpty)
    let told = try notes(["--network", "lenet5", "--hidden", "9", "--residual", "--normalization", "batch"])
    #expect(told.count == 3 && told.allSatisfy { $0.hasSuffix("has no effect with --network lenet5") })
    #expect(try notes(["--network", "lstm", "--activation", "gelu"]).count == 1)
    #expect(try notes(["--network", "gru", "--importance-pruning", "0.2"]).count == 1)
    #expect(try notes(["--importance-pruning", "0.2"]).isEmpty)
    #expect(try notes(["--candidates", "3", "--brf-locality", "0.2", "--birth", "csti"]).count == 2)
    #expect(try notes(["--candidates", "3", "--birth", "snip"]).isEmpty)
    #expect(try notes(["--brf-locality", "0.2", "--birth", "brf"]).isEmpty)
  }
}
