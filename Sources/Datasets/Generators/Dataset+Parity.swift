// SPDX-License-Identifier: Apache-2.0
// Espalier: is the number of ones odd?

internal import SparseCore

extension Dataset {
  /// Random bits (0 or 1); the class says whether the number of ones is even or odd.
  ///
  /// No proper subset of the bits says anything about the class.
  public static func parity(bits: Int = 8, samples: Int = 1000, seed: UInt64) -> Dataset {
    precondition(bits > 0, "the parity of \(bits) bits")
    var random = Random(seed: seed).split("parity")
    var matrix = Matrix(rows: samples, columns: bits)
    var labels: [Int32] = []
    for sample in 0..<samples {
      var ones: Int32 = 0
      for bit in 0..<bits where random.nextWord() >> 31 == 1 {
        matrix[sample, bit] = 1
        ones += 1
      }
      labels.append(ones % 2)
    }
    return Dataset(
      name: "parity", features: matrix, targets: .classes(labels, names: ["even", "odd"]),
      featureNames: (0..<bits).map { "bit \($0)" })
  }
}
