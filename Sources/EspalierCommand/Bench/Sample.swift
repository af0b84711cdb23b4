// SPDX-License-Identifier: Apache-2.0
// Espalier: what repeated measurements say.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Repeated measurements of one thing.
struct Sample: Equatable {
  private let sorted: [Double]

  init(_ values: [Double]) {
    sorted = values.sorted()
  }

  /// The middle measurement, 0 for none.
  var median: Double { quantile(0.5) }
  /// Where the middle half begins.
  var low: Double { quantile(0.25) }
  /// Where the middle half ends.
  var high: Double { quantile(0.75) }
  /// The smallest measurement.
  var least: Double { sorted.first ?? 0 }

  /// The measurements in another unit.
  func map(_ body: (Double) -> Double) -> Sample { Sample(sorted.map(body)) }

  /// The value below which a share of the measurements lies, between its neighbours by distance.
  func quantile(_ share: Double) -> Double {
    guard let last = sorted.last else { return 0 }
    let place = share * Double(sorted.count - 1)
    let index = Int(place)
    guard index + 1 < sorted.count else { return last }
    return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
  }
}

/// How one quantity grows with another.
enum PowerLaw {
  /// The exponent *a* of *y* = *c* *x*^*a* by least squares on the logarithms; nil for fewer than two different *x*.
  ///
  /// - Complexity: O(*points*).
  static func exponent(_ points: [(x: Double, y: Double)]) -> Double? {
    let logs = points.filter { $0.x > 0 && $0.y > 0 }.map { (x: log($0.x), y: log($0.y)) }
    let count = Double(logs.count)
    let middle = (x: logs.reduce(0) { $0 + $1.x } / count, y: logs.reduce(0) { $0 + $1.y } / count)
    let square = logs.reduce(0) { $0 + ($1.x - middle.x) * ($1.x - middle.x) }
    guard logs.count >= 2, square > 0 else { return nil }
    return logs.reduce(0) { $0 + ($1.x - middle.x) * ($1.y - middle.y) } / square
  }
}
