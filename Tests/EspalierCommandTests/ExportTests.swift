// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier export`.

import ArgumentParser
import Datasets
import Testing
import Training

@testable import EspalierCommand

@Suite("espalier export")
struct ExportTests {
  private func export(_ arguments: [String]) throws -> [String] {
    try ExportCommand.parse(arguments).execute()
  }

  @Test("without --out files go beside the model")
  func targets() throws {
    try SampleRun.withFolder { folder in
      let names = try ["onnx", "csv", "npz"].map { try export([folder, "--to", $0]).map { Paths.name(of: $0) } }
      #expect(names[0] == ["model.onnx"])
      #expect(names[1] == ["model.csv", "model.vectors.csv"])
      #expect(
        names[2] == ["layer0.weight.npz", "layer2.weight.npz", "biases.npz", "parameters.npz", "network.json"])
      #expect(
        try export([folder, "--to", "safetensors", "--dense"]).map { Paths.name(of: $0) } == ["model.dense.safetensors"]
      )
      #expect(Paths.list(folder).contains("model-npz"))
    }
  }

  @Test("a copy as safetensors is the same bytes")
  func copy() throws {
    try SampleRun.withFolder { folder in
      let out = Paths.join(folder, "copy.safetensors")
      let paths = try export([folder, "--to", "safetensors", "--out", out])
      #expect(paths == [out])
      #expect(try Workplace.bytes(out) == Workplace.bytes(Paths.join(folder, "model.safetensors")))
    }
  }

  @Test("wrong flags, broken models and places that cannot be written have their exit codes")
  func mistakes() throws {
    try SampleRun.withFolder { folder in
      #expect(Workplace.status { _ = try export([folder, "--to", "safetensors"]) } == .usage)
      #expect(Workplace.status { _ = try export([folder, "--to", "gguf"]) } == .usage)
      #expect(Workplace.status { _ = try export([folder]) } == .usage)
      #expect(
        Workplace.status { _ = try export([folder, "--to", "onnx", "--out", "/nowhere/m.onnx"]) } == .cannotWrite)
      #expect(Workplace.status { _ = try export([Paths.join(folder, "m"), "--to", "onnx"]) } == .inputMissing)
    }
  }
}
