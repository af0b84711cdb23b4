// SPDX-License-Identifier: Apache-2.0
// Espalier: round numbers for axes.

internal import Datasets

/// The marks of an axis: multiples of 1, 2 or 5 times a power of ten that lie within a range.
package struct AxisTicks: Sendable, Equatable {
  /// Where the marks stand, rising.
  package let values: [Double]
  /// The marks as text, all with the same number of decimals.
  package let labels: [String]

  /// Chooses about `wanted` marks between two ends; `whole` keeps to whole numbers.
  package init(from low: Double, to high: Double, wanted: Int = 5, whole: Bool = false) {
    guard low.isFinite, high.isFinite, high > low, high - low < .greatestFiniteMagnitude, wanted > 0 else {
      values = low.isFinite ? [low] : []
      labels = values.map { NumberText.significant($0, digits: 4) }
      return
    }
    let rough = (high - low) / Double(wanted)
    var power = 1.0
    var exponent = 0
    while power * 10 <= rough, exponent < 300 {
      power *= 10
      exponent += 1
    }
    while power > rough, exponent > -300 {
      power /= 10
      exponent -= 1
    }
    var (factor, decimals) = (10.0, max(0, -exponent - 1))
    for candidate in [1.0, 2, 5] where candidate * power >= rough * 0.999 {
      (factor, decimals) = (candidate, max(0, -exponent))
      break
    }
    var step = factor * power
    if whole && step < 1 { (step, decimals) = (1, 0) }
    let first = (low / step - 1e-9).rounded(.up)
    let last = (high / step + 1e-9).rounded(.down)
    guard last >= first, last - first < 1000 else {
      values = [low]
      labels = [NumberText.significant(low, digits: 4)]
      return
    }
    values = (0...Int(last - first)).map { (first + Double($0)) * step }
    let large = max(low.magnitude, high.magnitude)
    labels = values.map { value in
      if large >= 1e7 || large < 1e-4 { return NumberText.significant(value, digits: 3) }
      if decimals == 0 { return NumberText.grouped(Int(value)) }
      return NumberText.fixed(value, decimals: decimals)
    }
  }
}
