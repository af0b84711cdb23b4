// SPDX-License-Identifier: Apache-2.0
// Espalier: reading and writing the sizes of measurements.

internal import ArgumentParser
internal import Datasets
internal import SparseTopology
internal import Training

/// Lists of sizes in flags, and times in words.
enum BenchText {
  /// The grid of `kernels` and `peers`.
  static let shapes = [
    LayerShape(outputs: 1024, inputs: 784), LayerShape(outputs: 4000, inputs: 1000),
    LayerShape(outputs: 4096, inputs: 4096),
  ]
  /// The densities of that grid.
  static let densities = [0.2, 0.1, 0.05, 0.02, 0.01]

  /// `1024x784,4096x4096`: outputs x inputs.
  static func shapes(_ text: String) throws -> [LayerShape] {
    try list(text).map { part in
      let sizes = numbers(part, "x")
      guard sizes.count == 2 else {
        throw ValidationError("--shape: expected outputs x inputs such as 1024x784,4096x4096, got '\(text)'")
      }
      return LayerShape(outputs: sizes[0], inputs: sizes[1])
    }
  }

  /// `0.2,0.05`: shares of the cells.
  static func densities(_ text: String) throws -> [Double] {
    try list(text).map { part in
      guard let share = Double(part), share > 0, share <= 1 else {
        throw ValidationError("--density: expected shares above 0, at most 1, such as 0.2,0.05, got '\(text)'")
      }
      return share
    }
  }

  /// `784-1000-10`: widths from input to output.
  static func widths(_ text: String) throws -> [Int] {
    let widths = numbers(text, "-")
    guard (2...64).contains(widths.count) else {
      throw ValidationError("--layers: expected widths above 0 from input to output such as 784-1000-10, got '\(text)'")
    }
    return widths
  }

  /// `1,2`: numbers of threads.
  static func threads(_ text: String) throws -> [Int] {
    try list(text).map { part in
      guard let threads = Int(part), (1...4096).contains(threads) else {
        throw ValidationError("--threads: expected whole numbers from 1 to 4096 such as 1,2, got '\(text)'")
      }
      return threads
    }
  }

  /// A number of connections: `20000`, `1e7`.
  static func count(_ text: String, flag: String, _ range: ClosedRange<Int>) throws -> Int {
    guard let number = Double(text), let count = Int(exactly: number), range.contains(count) else {
      throw ValidationError(
        "\(flag): expected a whole number from \(range.lowerBound) to \(range.upperBound) such as 1e5, got '\(text)'")
    }
    return count
  }

  /// Names with commas between.
  static func list(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  /// Checks the samples of a batch.
  static func check(batch: Int) throws {
    guard batch >= 1, batch <= 65536 else {
      throw ValidationError("--batch: expected a whole number from 1 to 65536, got \(batch)")
    }
  }

  /// Seconds in a fitting unit.
  static func time(_ seconds: Double) -> String {
    let (scaled, unit) = seconds < 1e-3 ? (seconds * 1e6, "µs") : seconds < 1 ? (seconds * 1e3, "ms") : (seconds, "s")
    return NumberText.significant(scaled, digits: 3) + " " + unit
  }

  /// The middle half of some seconds, in words.
  static func spread(_ sample: Sample) -> String { "\(time(sample.low)) to \(time(sample.high))" }

  /// Outputs x inputs.
  static func name(_ shape: LayerShape) -> String { "\(shape.outputs)x\(shape.inputs)" }

  /// How busy the machine was, in words.
  static func load(_ load: Double?) -> String {
    "load average before: " + (load.map { NumberText.fixed($0, decimals: 2) } ?? "unknown")
  }

  private static func numbers(_ text: String, _ separator: Character) -> [Int] {
    let numbers = text.split(separator: separator, omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    return numbers.allSatisfy { (1...Int(Int32.max)).contains($0) } ? numbers : []
  }
}
