// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier inspect`.

import ArgumentParser
import Datasets
import NeuralNetworks
import SparseTopology
import Testing
import Training

@testable import EspalierCommand

@Suite("espalier inspect")
struct InspectTests {
  private func inspect(_ arguments: [String]) throws -> InspectionReport {
    try InspectCommand.parse(arguments).execute()
  }

  @Test("the table is as committed")
  func table() throws {
    try SampleRun.withFolder { folder in
      let lines = try inspect([folder]).text.split(separator: "\n", omittingEmptySubsequences: false)
      let text = lines.dropFirst().joined(separator: "\n") + "\n"  // the first line names the file
      #expect(lines[0].hasPrefix("file     \(folder)/model.safetensors, "))
      #expect(try text == Workplace.snapshot("inspect.txt", text))
    }
  }

  @Test("JSON says the same as the network's summary")
  func json() throws {
    try SampleRun.withFolder { folder in
      let json = try JSONValue(parsing: inspect([folder]).json.text())
      let network = try SampleRun.model().network
      #expect(json["connections"]?.asInt == network.connectionCount)
      #expect(json["flops"]?.asInt == network.summary.flops)
      let layers = try #require(json["layers"]?.asArray)
      #expect(layers.map { $0["kind"]?.asString } == ["sparse linear", "leaky relu", "sparse linear"])
      #expect(layers[0]["in_degree"]?["mean"]?.asDouble == 6.4)
    }
  }

  @Test("draws the degrees, and the input on the 8 x 8 image")
  func drawings() throws {
    try SampleRun.withFolder { folder in
      let pictures = Paths.join(folder, "pictures")
      _ = try inspect([folder, "--svg", pictures])
      #expect(
        Paths.list(pictures) == [
          "input-connections.svg", "input-strength.svg", "layer0-fan-in.svg", "layer0-fan-out.svg",
          "layer2-fan-in.svg", "layer2-fan-out.svg",
        ])
      #expect(try Workplace.text(Paths.join(pictures, "input-connections.svg")).contains("row 7, column 7: "))
      #expect(Workplace.status { _ = try inspect([folder, "--svg", pictures, "--image", "3x3"]) } == .badData)
      #expect(Workplace.status { _ = try inspect([folder, "--image", "3"]) } == .usage)
    }
  }

  @Test("missing and broken files have their exit codes")
  func mistakes() throws {
    try SampleRun.withFolder { folder in
      #expect(Workplace.status { _ = try inspect([Paths.join(folder, "state.safetensors")]) } == .inputMissing)
      let broken = Paths.join(folder, "broken.safetensors")
      try OutputFile.write("{}", to: broken)
      #expect(Workplace.status { _ = try inspect([broken]) } == .badData)
    }
  }
}
