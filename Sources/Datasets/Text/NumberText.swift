// SPDX-License-Identifier: Apache-2.0
// Espalier: numbers as people read them.

/// Numbers as text, without Foundation and alike on every platform.
///
/// Rounding works on the shortest decimal form that reads back as the same `Double` (what `print` shows), and halves
/// go away from zero: `fixed(2.675, decimals: 2)` is "2.68", as a person would round what they see. C's `printf`
/// rounds the binary value behind it and says "2.67". A result of zero never carries a minus sign; what is not finite
/// is spelled "nan", "inf" or "-inf".
package enum NumberText {
  /// A number with exactly `decimals` digits after the point.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    precondition(decimals >= 0, "\(decimals) decimals")
    guard value.isFinite else { return shortest(value) }
    var decimal = DecimalDigits(value)
    decimal.round(toPlace: decimals)
    return decimal.positional(decimals: decimals)
  }

  /// A number with at most `digits` significant digits, without trailing zeros.
  ///
  /// Sizes from 0.00001 up to 10¹² are written out, others as "1.5e-07".
  package static func significant(_ value: Double, digits: Int) -> String {
    precondition(digits > 0, "\(digits) significant digits")
    guard value.isFinite else { return shortest(value) }
    var decimal = DecimalDigits(value)
    guard !decimal.digits.isEmpty else { return "0" }
    decimal.round(toPlace: digits - decimal.point)
    if (-4...12).contains(decimal.point) {
      return decimal.positional(decimals: max(0, decimal.digits.count - decimal.point))
    }
    return decimal.scientific()
  }

  /// An integer in groups of three: "12,345".
  package static func grouped(_ value: Int) -> String {
    var text = ""
    let digits = String(value.magnitude)
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return value < 0 ? "-" + text : text
  }

  /// The shortest text that reads back as the same number; whole numbers lose their ".0".
  package static func shortest(_ value: Double) -> String { trimmed(value.description) }

  /// The shortest text that reads back as the same `Float`.
  package static func shortest(_ value: Float) -> String { trimmed(value.description) }

  /// A share as percent: `percent(0.98, decimals: 1)` is "98.0 %".
  package static func percent(_ share: Double, decimals: Int) -> String {
    guard share.isFinite else { return shortest(share) }
    var decimal = DecimalDigits(share)
    if !decimal.digits.isEmpty { decimal.point += 2 }
    decimal.round(toPlace: decimals)
    return decimal.positional(decimals: decimals) + " %"
  }

  /// A share as percent with two decimals, or as many as tell a share below 1 from all: "99.996 %".
  package static func percentBelowAll(_ share: Double) -> String {
    let all = (2...8).map { percent(1, decimals: $0) }
    let decimals = share == 1 ? 2 : (2...8).first { percent(share, decimals: $0) != all[$0 - 2] } ?? 8
    return percent(share, decimals: decimals)
  }

  /// A number of bytes in binary units: "1.5 MiB".
  package static func bytes(_ count: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var size = Double(count)
    var unit = 0
    while size.magnitude >= 1024 && unit < units.count - 1 {
      size /= 1024
      unit += 1
    }
    return (unit == 0 ? String(count) : fixed(size, decimals: 1)) + " " + units[unit]
  }

  private static func trimmed(_ text: String) -> String {
    text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
