// SPDX-License-Identifier: Apache-2.0
// Espalier: mean and variance of numbers that come one after another.

/// Mean and variance of vectors that come one after another, for normalisation.
///
/// - Note: as Gymnasium's: it begins with a weight of 10^-4 at mean 0 and variance 1, and the variance divides by the count.
///
/// Source: T. Chan, G. Golub, R. LeVeque, *Updating formulae and a pairwise algorithm for computing sample variances*, 1979.
public struct RunningMoments: Sendable, Equatable {
  /// Means.
  public private(set) var mean: [Double]
  /// Variances.
  public private(set) var variance: [Double]
  /// Vectors taken, and the weight it began with.
  public private(set) var count = 1e-4

  /// Begins for vectors of so many numbers.
  public init(_ size: Int) {
    mean = [Double](repeating: 0, count: size)
    variance = [Double](repeating: 1, count: size)
  }

  /// Takes one vector.
  public mutating func take(_ numbers: Span<Float>) {
    precondition(numbers.count == mean.count, "\(numbers.count) numbers for \(mean.count) moments")
    let total = count + 1
    for index in mean.indices {
      let delta = Double(numbers[index]) - mean[index]
      mean[index] += delta / total
      variance[index] = (variance[index] * count + delta * delta * count / total) / total
    }
    count = total
  }

  /// Takes one number; only for moments of one.
  public mutating func take(_ number: Double) {
    precondition(mean.count == 1, "one number for \(mean.count) moments")
    let total = count + 1
    let delta = number - mean[0]
    mean[0] += delta / total
    variance[0] = (variance[0] * count + delta * delta * count / total) / total
    count = total
  }

  /// Everything, for a saved state.
  package var numbers: [Double] { mean + variance + [count] }

  /// Takes up ``numbers``; false when they are none.
  package mutating func restore(_ numbers: some Collection<Double>) -> Bool {
    let numbers = Array(numbers)
    let size = mean.count
    guard numbers.count == 2 * size + 1, numbers.allSatisfy(\.isFinite), numbers[2 * size] > 0 else { return false }
    mean = Array(numbers[..<size])
    variance = Array(numbers[size..<2 * size])
    count = numbers[2 * size]
    return true
  }
}
