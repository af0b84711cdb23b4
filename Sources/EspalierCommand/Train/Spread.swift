// SPDX-License-Identifier: Apache-2.0
// Espalier: mean and spread of a few runs.

/// The mean of a few numbers, and how sure it is.
struct Spread: Equatable {
  let count: Int
  let mean: Double
  /// The sample's standard deviation (divided by count - 1); 0 for one number.
  let deviation: Double

  /// Nil for no numbers.
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
  }

  /// Student's 95 % interval of the mean, for numbers that are about normal.
  var interval: (Double, Double) {
    let half = Self.quantile(degrees: count - 1) * deviation / Double(count).squareRoot()
    return (mean - half, mean + half)
  }

  /// The 97.5 % quantile of Student's distribution: from its table up to 30 degrees of freedom, by Cornish and Fisher's
  /// expansion above.
  static func quantile(degrees: Int) -> Double {
    let table = [
      12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
      2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ]
    guard degrees >= 1 else { return 0 }
    if degrees <= table.count { return table[degrees - 1] }
    let z = 1.959964
    return z + (z * z * z + z) / (4 * Double(degrees))
  }
}
