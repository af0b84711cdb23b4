// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier inspect.

internal import ArgumentParser
internal import Datasets
internal import Training

/// Shows what a saved model is made of.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Layers, density, degrees, memory and FLOPs of a saved model.",
    discussion: """
      Reads model.safetensors and state.safetensors. Degrees are shown as least / mean / most. 'unfed' counts outputs \
      without a connection, 'unread' inputs without one. --svg draws the degrees of each sparse layer, and the input's \
      connections back on the image.

        espalier inspect runs/digits-gse-s1 --svg pictures
      """)

  @OptionGroup var model: ModelFlags

  @Flag(help: "print one JSON object")
  var json = false

  @Option(help: "draw degrees and input connections into this folder", completion: .directory)
  var svg: String?

  @Option(
    help: ArgumentHelp(
      "how the inputs lie on an image (default: a square when they can be one)", valueName: "HxW[xC]"),
    transform: Self.shape)
  var image: ImageShape?

  func run() throws {
    let report = try execute()
    Output.result(json ? report.json.text() : report.text)
  }

  /// Reads and counts, and draws what is asked for.
  func execute() throws -> InspectionReport {
    let inspection = try ModelInspection(contentsOf: model.path)
    if let svg {
      let charts = try inspection.charts(image: image)
      try Paths.makeFolder(svg)
      for chart in charts { try OutputFile.write(chart.svg, to: Paths.join(svg, chart.name)) }
      Output.talk("\(charts.count) drawings written to \(svg)")
    }
    return InspectionReport(inspection: inspection)
  }

  private static func shape(_ text: String) throws -> ImageShape {
    let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard (2...3).contains(sides.count), sides.allSatisfy({ (1...65536).contains($0) }) else {
      throw ValidationError("--image: expected HxW or HxWxC such as 28x28, got '\(text)'")
    }
    return ImageShape(height: sides[0], width: sides[1], channels: sides.count > 2 ? sides[2] : 1)
  }
}
