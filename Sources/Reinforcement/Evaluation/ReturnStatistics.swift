// SPDX-License-Identifier: Apache-2.0
// Espalier: what episodes earned, in a few numbers.

internal import SparseCore

/// What episodes earned, in a few numbers that are fair to compare.
///
/// Source: R. Agarwal, M. Schwarzer, P. S. Castro, A. Courville, M. Bellemare, *Deep Reinforcement Learning at the Edge of the
/// Statistical Precipice*, NeurIPS 2021, section 4, arXiv 2108.13264.
public struct ReturnStatistics: Sendable, Equatable {
  /// Episodes.
  public let count: Int
  /// The mean.
  public let mean: Double
  /// The standard deviation of the sample; 0 for one episode.
  public let deviation: Double
  /// The mean of the middle half: the quarters at both ends are left out, parts of episodes too.
  public let interquartileMean: Double
  /// Between what bounds the mean lies with 95 %, by the percentiles of 2,000 bootstrap samples.
  public let interval: ClosedRange<Double>
  /// The least and the greatest.
  public let range: ClosedRange<Double>

  /// Sums up returns.
  ///
  /// - Parameter seed: of the bootstrap's draws.
  /// - Precondition: at least one return.
  /// - Complexity: O(2,000 x *count*).
  public init(_ returns: [Double], seed: UInt64 = 0) {
    precondition(!returns.isEmpty, "statistics of no returns")
    count = returns.count
    let mean = returns.reduce(0, +) / Double(returns.count)
    self.mean = mean
    let squares = returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = returns.count > 1 ? (squares / Double(returns.count - 1)).squareRoot() : 0
    let sorted = returns.sorted()
    interquartileMean = Self.interquartileMean(sorted)
    range = sorted[0]...sorted[sorted.count - 1]
    var random = Random(seed: seed).split("bootstrap")
    var means: [Double] = []
    for _ in 0..<2000 {
      var sum = 0.0
      for _ in returns.indices { sum += returns[random.below(returns.count)] }
      means.append(sum / Double(returns.count))
    }
    means.sort()
    interval = means[49]...means[1950]
  }

  /// The mean of sorted numbers without the quarters at both ends; numbers at the border count in part.
  static func interquartileMean(_ sorted: [Double]) -> Double {
    let cut = Double(sorted.count) / 4
    var (sum, weight) = (0.0, 0.0)
    for (index, value) in sorted.enumerated() {
      let inside = min(Double(index + 1), Double(sorted.count) - cut) - max(Double(index), cut)
      guard inside > 0 else { continue }
      sum += inside * value
      weight += inside
    }
    return sum / weight
  }
}
