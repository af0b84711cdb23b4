// SPDX-License-Identifier: Apache-2.0
// Espalier: two half circles.

internal import SparseCore

extension Dataset {
  /// Two interleaved half circles of radius 1, half of the samples (the odd one too) on the upper one.
  ///
  /// The upper half circle has its centre at (0, 0), the lower one at (1, 0.5). Angles come from points drawn in the
  /// unit disc, so that the numbers are the same on every platform.
  ///
  /// - Parameter noise: standard deviation of the normal noise on both coordinates.
  public static func twoMoons(samples: Int = 1000, noise: Float = 0.1, seed: UInt64) -> Dataset {
    var random = Random(seed: seed).split("two moons")
    var matrix = Matrix(rows: samples, columns: 2)
    let labels = (0..<samples).map { Int32($0 % 2) }
    for sample in 0..<samples {
      let (x, y) = upperHalfCircle(&random)
      let upper = labels[sample] == 0
      matrix[sample, 0] = (upper ? x : 1 - x) + noise * random.normal()
      matrix[sample, 1] = (upper ? y : 0.5 - y) + noise * random.normal()
    }
    return Dataset(
      name: "two-moons", features: matrix, targets: .classes(labels, names: ["upper", "lower"]),
      featureNames: ["x", "y"])
  }

  private static func upperHalfCircle(_ random: inout Random) -> (Float, Float) {
    while true {
      let x = 2 * random.uniformDouble() - 1
      let y = random.uniformDouble()
      let square = x * x + y * y
      if square > 1e-6 && square <= 1 {
        let radius = square.squareRoot()
        return (Float(x / radius), Float(y / radius))
      }
    }
  }
}
