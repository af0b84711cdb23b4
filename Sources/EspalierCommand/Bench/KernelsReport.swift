// SPDX-License-Identifier: Apache-2.0
// Espalier: what espalier bench kernels prints.

internal import Datasets
internal import SparseCore
internal import SparseTopology
internal import Training

/// One measured phase of one layer.
struct KernelTiming {
  let shape: LayerShape
  let density: Double
  let batch: Int
  let connections: Int
  let phase: String
  let flops: Int
  let sample: Sample
  /// Multiply-adds that the machine did in turn with the phase, in giga operations a second; nil where not measured.
  var peak: Double?
  /// The bandwidth of rows out of the second cache in turn with the phase, in gigabytes a second.
  var bandwidth: Double?

  /// Nanoseconds of one connection; for batches above 1 of one connection and 128 samples.
  var nanoseconds: Double {
    sample.median * 1e9 / Double(max(1, connections)) * (batch > 1 ? 128 / Double(batch) : 1)
  }

  /// Billions of operations a second; nil where they say little.
  var gigaflops: Double? {
    flops == 0 || sample.median == 0 ? nil : Double(flops) / sample.median / 1e9
  }

  /// Operations for each byte of activations that is read: a connection reads a row of the input, or of the output's
  /// gradient, for two (forward) or four (backward) operations a float.
  var intensity: Double? {
    switch phase {
    case "forward": 0.5
    case "backward": 1
    default: nil
    }
  }

  /// What the roofline allows the phase, in giga operations a second.
  var roof: Double? {
    guard let peak, let bandwidth, let intensity else { return nil }
    return min(peak, bandwidth * intensity)
  }
}

/// Prints timings as they come, as lines of a table or JSON objects.
struct KernelsReport {
  let roofs: [Ceiling]
  let threads: Int
  let load: Double?
  let json: Bool
  private(set) var timings: [KernelTiming] = []

  init(roofs: [Ceiling], threads: Int, load: Double?, json: Bool) {
    self.roofs = roofs
    self.threads = threads
    self.load = load
    self.json = json
  }

  /// Begins a part.
  func begin(_ title: String) {
    guard !json else { return }
    Output.result("\n" + title + "\n")
    Output.result(
      Self.line(["layer", "density", "phase", "median", "middle half", "ns", "GFLOP/s", "of peak", "of roof"]))
  }

  /// Prints one timing and keeps it.
  mutating func add(_ timing: KernelTiming) {
    timings.append(timing)
    json ? Output.result(object(timing)) : Output.result(Self.line(cells(timing)))
  }

  /// The cells of a timing's line.
  func cells(_ timing: KernelTiming) -> [String] {
    let share = { (most: Double?) -> String in
      guard let most, let gigaflops = timing.gigaflops else { return "" }
      return NumberText.percent(gigaflops / most, decimals: 0)
    }
    return [
      BenchText.name(timing.shape), NumberText.percent(timing.density, decimals: 1), timing.phase,
      BenchText.time(timing.sample.median), BenchText.spread(timing.sample),
      NumberText.significant(timing.nanoseconds, digits: 3),
      timing.gigaflops.map { NumberText.fixed($0, decimals: 1) } ?? "", share(timing.peak), share(timing.roof),
    ]
  }

  /// A timing as an object.
  func object(_ timing: KernelTiming) -> JSONValue {
    let share = { (most: Double?) -> JSONValue in
      guard let most, let gigaflops = timing.gigaflops else { return .null }
      return .number(gigaflops / most)
    }
    return .object([
      .init("layer", .string(BenchText.name(timing.shape))), .init("density", .number(timing.density)),
      .init("connections", .integer(timing.connections)), .init("batch", .integer(timing.batch)),
      .init("threads", .integer(threads)), .init("kernels", .string(Kernels.name)),
      .init("phase", .string(timing.phase)), .init("median_seconds", .number(timing.sample.median)),
      .init("lower_quartile_seconds", .number(timing.sample.low)),
      .init("upper_quartile_seconds", .number(timing.sample.high)),
      .init("nanoseconds_per_connection", .number(timing.nanoseconds)),
      .init("gigaflops", .optional(timing.gigaflops)), .init("share_of_peak", share(timing.peak)),
      .init("share_of_roof", share(timing.roof)), .init("load_average", .optional(load)),
    ])
  }

  /// Cells under each other line by line, while measuring goes on: widths are fixed.
  private static func line(_ cells: [String]) -> String {
    let widths = [12, -8, 13, -9, -22, -7, -8, -8, -8]
    let padded = zip(cells, widths).map { cell, width in
      let space = String(repeating: " ", count: max(0, abs(width) - cell.count))
      return width < 0 ? space + cell : cell + space
    }
    var line = padded.joined(separator: " ")
    while line.last == " " { line.removeLast() }
    return line
  }
}
