// SPDX-License-Identifier: Apache-2.0
// Espalier: made-up data of any size.

internal import Datasets
internal import SparseCore

/// Sparse random features with random classes, for measuring time and memory: nothing can be learned from them.
///
/// `synthetic:65536x96x10` has 65,536 features, 96 samples and 10 classes; about one feature in ten is not 0.
enum SyntheticData {
  private static let prefix = "synthetic:"
  private static let share = 0.1

  static func recognises(_ name: String) -> Bool { name.hasPrefix(prefix) }

  /// The numbers in a name.
  static func sizes(_ name: String) throws(CommandError) -> (features: Int, samples: Int, classes: Int) {
    let sizes = name.dropFirst(prefix.count).split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sizes.count == 3, let features = sizes[0], let samples = sizes[1], let classes = sizes[2],
      (1...(1 << 26)).contains(features), (1...(1 << 26)).contains(samples), (2...65536).contains(classes),
      features * samples <= 1 << 32
    else {
      throw .usage(
        "--data: expected synthetic:FEATURESxSAMPLESxCLASSES with at most 4294967296 values, such as "
          + "synthetic:64x1000x10, got '\(name)'")
    }
    return (features, samples, classes)
  }

  static func load(_ name: String, seed: Int) throws(CommandError) -> Dataset {
    let (features, samples, classes) = try sizes(name)
    let random = Random(seed: UInt64(seed)).split("synthetic")
    var matrix = Matrix(rows: samples, columns: features)
    var values = random.split("features")
    let count = max(1, Int(share * Double(features)))
    for row in 0..<samples {
      for column in values.distinct(count, below: features) { matrix[row, column] = values.normal() }
    }
    var drawing = random.split("classes")
    let labels = (0..<samples).map { _ in Int32(drawing.below(classes)) }
    return Dataset(
      name: "synthetic", features: matrix, targets: .classes(labels, names: (0..<classes).map { "\($0)" }))
  }
}
