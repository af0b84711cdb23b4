// SPDX-License-Identifier: Apache-2.0
// Espalier: how numbers are spread, in the form TensorBoard draws.

package import SparseCore

/// Counts of numbers in equal-width buckets between the smallest and the largest, with their moments.
///
/// What is not finite is left out of all of it. Equal numbers share a single bucket.
///
/// - Complexity: O(*numbers*) time, O(*buckets*) memory.
package struct HistogramSummary: Sendable, Equatable {
  package private(set) var minimum = 0.0
  package private(set) var maximum = 0.0
  /// How many finite numbers there were.
  package private(set) var count = 0
  package private(set) var sum = 0.0
  package private(set) var sumOfSquares = 0.0
  /// The right ends of the buckets, rising.
  package private(set) var limits: [Double] = []
  /// How many numbers lie in each bucket.
  package private(set) var counts: [Double] = []

  /// Counts the elements of a vector.
  package init(_ values: Vector, buckets: Int = 40) {
    self.init(count: values.count, buckets: buckets) { Double(values[$0]) }
  }

  /// Counts floats.
  package init(_ values: [Float], buckets: Int = 40) {
    self.init(count: values.count, buckets: buckets) { Double(values[$0]) }
  }

  /// Counts whole numbers, such as degrees.
  package init(_ values: [Int], buckets: Int = 40) {
    self.init(count: values.count, buckets: buckets) { Double(values[$0]) }
  }

  private init(count elements: Int, buckets: Int, element: (Int) -> Double) {
    precondition(buckets > 0, "\(buckets) buckets")
    var low = Double.infinity
    var high = -Double.infinity
    for index in 0..<elements {
      let value = element(index)
      guard value.isFinite else { continue }
      count += 1
      sum += value
      sumOfSquares += value * value
      low = min(low, value)
      high = max(high, value)
    }
    guard count > 0 else { return }
    minimum = low
    maximum = high
    guard high > low else {
      limits = [high]
      counts = [Double(count)]
      return
    }
    let width = (high - low) / Double(buckets)
    limits = (1...buckets).map { $0 == buckets ? high : low + width * Double($0) }
    counts = [Double](repeating: 0, count: buckets)
    for index in 0..<elements {
      let value = element(index)
      guard value.isFinite else { continue }
      counts[min(buckets - 1, Int((value - low) / width))] += 1
    }
  }
}
