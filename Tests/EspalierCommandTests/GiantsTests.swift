// SPDX-License-Identifier: Apache-2.0
// Espalier: networks of very many neurons, in small.

import Datasets
import NeuralNetworks
import SparseCore
import Testing
import Training

@testable import EspalierCommand

@Suite("giants", .serialized)
struct GiantsTests {
  private let giant = [
    "--synthetic", "12x2x3", "--test", "0", "--scaling", "none", "--method", "static", "--fan-in", "2", "--locality",
    "5", "--activation", "leaky-relu", "--momentum", "0", "--learning-rate", "0.02", "--batch-size", "1",
  ]

  private func network(_ arguments: [String]) throws -> Network {
    try Workplace.command(arguments).askedConfiguration().resolved().makeNetwork(inputs: 12, outputs: 3)
  }

  @Test("a small fan-in near each neuron's place makes windowed layers, and a funnel that reads every neuron")
  func layers() throws {
    for width in [256, 257, 300, 4100, 5001] {
      let network = try network(giant + ["--hidden", "\(width)x2"])
      var read = [Bool](repeating: true, count: width)
      var windowed: [WindowedMatrix] = []
      for case .windowedLinear(let layer) in network.layers { windowed.append(layer.weight) }
      #expect(windowed[0].shape == WindowShape(rows: width, columns: 12, fanIn: 2, window: 11))
      #expect(windowed[1].shape == WindowShape(rows: width, columns: width, fanIn: 2, window: 11))
      for funnel in windowed.dropFirst(2) {
        #expect(funnel.rows == (funnel.columns + 15) / 16 && funnel.shape.fanIn == 16)
        read = [Bool](repeating: false, count: funnel.columns)
        for row in 0..<funnel.rows { for slot in 0..<16 { read[funnel.column(row: row, slot: slot)] = true } }
        #expect(read.allSatisfy { $0 }, "every neuron of \(funnel.columns) is read")
      }
      guard case .linear(let last)? = network.layers.last else {
        Issue.record("the output layer is dense")
        return
      }
      #expect(last.inputs <= 256 && last.outputs == 3)
      #expect(network.layers.count == 2 * windowed.count + 1, "an activation after every windowed layer")
    }
    let others = [
      ["--method", "set"], ["--fan-in", "12"], ["--locality", "32768"], ["--density", "0.5", "--dense-output"],
    ]
    for change in others where change != ["--fan-in", "12"] {
      let arguments = giant.filter { change[0] != "--density" || ($0 != "--fan-in" && $0 != "2") }
      let network = try network(arguments + change + ["--hidden", "20"])
      #expect(network.summary.lines[0].kind == "sparse linear", "\(change)")
    }
  }

  @Test("256x3 stands for three layers of 256")
  func repeats() throws {
    func hidden(_ text: String) throws -> [Int] {
      try Workplace.command(["--hidden", text]).askedConfiguration().network.hidden
    }
    #expect(try hidden("256x3,10") == [256, 256, 256, 10])
    for wrong in ["256x", "x3", "256x0", "256x1001", "0x2", "2x2x2", "256y3"] {
      #expect(Workplace.status { _ = try hidden(wrong) } == .usage, "\(wrong)")
    }
    #expect(throws: (any Error).self) { try Workplace.command(["--data", "digits", "--synthetic", "2x2x2"]) }
  }

  @Test("a run ends after --max-steps, keeps nothing with --no-save, and is the same out of core")
  func run() throws {
    try Workplace.withFolder { base in
      func losses(_ name: String, _ more: [String]) throws -> [JSONValue?] {
        let run = RunFolder(Paths.join(base, name))
        let summary = try Workplace.command(
          giant + ["--hidden", "600x3", "--epochs", "9", "--run-dir", run.path, "--quiet", "--no-tensorboard"] + more
        ).execute()
        return [summary["steps"], summary["train_loss"], summary["stop_reason"]]
      }
      let plain = try losses("plain", [])
      #expect(plain[0] == 18)
      #expect(Paths.exists(RunFolder(Paths.join(base, "plain")).model))
      let core = try losses("core", ["--out-of-core", base])
      #expect(core == plain)
      let models = try ["plain", "core"].map { try Workplace.bytes(RunFolder(Paths.join(base, $0)).model) }
      #expect(models[0] == models[1], "the same bytes")
      let short = try losses("short", ["--max-steps", "5", "--no-save"])
      #expect(short[0] == 5 && short[2] == "stopped: 5 steps are done")
      let folder = RunFolder(Paths.join(base, "short"))
      #expect(!Paths.exists(folder.model) && !Paths.exists(folder.state) && !Paths.exists(folder.card))
      #expect(Paths.exists(folder.summary))
      #expect(
        Workplace.status { _ = try losses("nowhere", ["--out-of-core", Paths.join(base, "no-such-folder")]) }
          == .cannotWrite)
    }
  }

  @Test("a limit that is reached is not overrun by resuming, and a last step ends its epoch")
  func limits() throws {
    try Workplace.withFolder { base in
      func summary(_ name: String, _ more: [String]) throws -> JSONValue {
        try Workplace.command(["--run-dir", Paths.join(base, name), "--quiet", "--no-tensorboard"] + more).execute()
      }
      let recipe = giant + ["--hidden", "300", "--epochs", "3"]
      let first = try summary("limited", recipe + ["--max-steps", "4"])
      #expect(first["steps"] == 4 && first["epochs"] == 2)
      let model = try Workplace.bytes(RunFolder(Paths.join(base, "limited")).model)
      #expect(try summary("limited", ["--resume"])["steps"] == 4)
      #expect(try Workplace.bytes(RunFolder(Paths.join(base, "limited")).model) == model)
      #expect(Workplace.status { _ = try summary("limited", ["--resume", "--no-save"]) } == .usage)
      let whole = try summary("whole", recipe + ["--max-steps", "6"])
      #expect(whole["steps"] == 6 && whole["epochs"] == 3 && whole["stop_reason"] == "completed")
    }
  }

  @Test("flags that make no giant are told")
  func notes() throws {
    let data = try PreparedData(DataSettings())
    let words = try Workplace.command(["--locality", "5", "--out-of-core", "x"]).askedConfiguration().notes(for: data)
    #expect(words.count == 1 && words[0].contains("--out-of-core"))
    #expect(try Workplace.command(giant).askedConfiguration().notes(for: data).isEmpty)
  }

  @Test("the memory of a giant follows its connections, and those in a file take none")
  func memory() throws {
    func connections(_ more: [String]) throws -> Int {
      let configuration = try Workplace.command(giant + ["--hidden", "10000x3"] + more).askedConfiguration().resolved()
      let sizes = try #require(try DataSizes(synthetic: configuration.data))
      return try configuration.memoryEstimate(sizes)[.connections]
    }
    // Three layers of 20,000 connections, and a funnel of 16 for each of 625 and 40 neurons.
    let windowed = 3 * 20_000 + 16 * (625 + 40)
    #expect(try connections([]) - connections(["--out-of-core", "/"]) == 6 * windowed)
    func activations(_ precision: String) throws -> Int {
      let arguments = ["--synthetic", "64x999x3", "--hidden", "128", "--batch-size", "64", "--precision", precision]
      let configuration = try Workplace.command(arguments).askedConfiguration().resolved()
      let sizes = try #require(try DataSizes(synthetic: configuration.data))
      return try configuration.memoryEstimate(sizes)[.activations]
    }
    #expect(try activations("bfloat16") - activations("float32") == 2 * 64 * (64 + 128 + 128 + 3))
  }
}
