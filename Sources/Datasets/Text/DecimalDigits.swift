// SPDX-License-Identifier: Apache-2.0
// Espalier: the decimal digits of a number.

/// The shortest decimal digits of a finite number.
///
/// The number is ±0.d₁d₂d₃… x 10^`point`.
///
/// - Invariant: neither the first nor the last digit is 0; zero has no digits, a point of 0 and no sign.
package struct DecimalDigits {
  package private(set) var negative: Bool
  package private(set) var digits: [UInt8] = []
  package var point = 0

  /// Takes the digits of a finite number's shortest form.
  package init(_ value: Double) {
    precondition(value.isFinite, "\(value) has no digits")
    negative = value < 0
    let text = value.magnitude.description.utf8
    let mantissa = text.prefix { $0 != UInt8(ascii: "e") }
    for byte in mantissa where byte != UInt8(ascii: ".") {
      digits.append(byte - UInt8(ascii: "0"))
    }
    point = mantissa.prefix { $0 != UInt8(ascii: ".") }.count
    var exponent = 0
    var falls = false
    for byte in text.dropFirst(mantissa.count + 1) {
      switch byte {
      case UInt8(ascii: "-"): falls = true
      case UInt8(ascii: "+"): break
      default: exponent = exponent * 10 + Int(byte - UInt8(ascii: "0"))
      }
    }
    point += falls ? -exponent : exponent
    normalize()
  }

  /// Rounds to so many places after the point (before it when negative), halves away from zero.
  package mutating func round(toPlace place: Int) {
    let kept = point + place
    guard kept < digits.count else { return }
    guard kept >= 0 else {
      digits = []
      normalize()
      return
    }
    let up = digits[kept] >= 5
    digits.removeSubrange(kept...)
    if up { increment() }
    normalize()
  }

  /// Written out with a number of decimals; digits beyond them are cut.
  package func positional(decimals: Int) -> String {
    var text = negative ? "-" : ""
    func digit(at index: Int) -> String {
      digits.indices.contains(index) ? String(digits[index]) : "0"
    }
    if point <= 0 { text += "0" }
    for index in 0..<max(0, point) { text += digit(at: index) }
    if decimals > 0 { text += "." }
    for place in 0..<decimals { text += digit(at: point + place) }
    return text
  }

  /// In the form "1.25e-07".
  package func scientific() -> String {
    var text = negative ? "-" : ""
    text += digits.isEmpty ? "0" : String(digits[0])
    if digits.count > 1 {
      text += "."
      for digit in digits.dropFirst() { text += String(digit) }
    }
    let exponent = digits.isEmpty ? 0 : point - 1
    let size = String(exponent.magnitude)
    return text + (exponent < 0 ? "e-" : "e+") + (size.count < 2 ? "0" : "") + size
  }

  private mutating func increment() {
    for index in digits.indices.reversed() {
      if digits[index] < 9 {
        digits[index] += 1
        return
      }
      digits[index] = 0
    }
    digits.insert(1, at: 0)
    point += 1
  }

  private mutating func normalize() {
    while digits.last == 0 { digits.removeLast() }
    let leading = digits.prefix { $0 == 0 }.count
    digits.removeFirst(leading)
    point -= leading
    if digits.isEmpty {
      point = 0
      negative = false
    }
  }
}
