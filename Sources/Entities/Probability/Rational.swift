// SPDX-License-Identifier: Apache-2.0
// Espalier: exact fractions.

internal import BigInt

/// An exact fraction, always reduced, of integers of any size.
///
///     let twoThirds = Rational(2, 3)
///     twoThirds * Rational(1, 2)   // 1/3
///
/// - Complexity: a sum or product takes the time of a few products and one greatest common divisor of its integers.
public struct Rational: Sendable {
  private let numerator: BigInt
  private let denominator: BigInt

  /// A fraction of two integers, the lower one not 0.
  public init(_ numerator: Int, _ denominator: Int = 1) {
    self.init(BigInt(numerator), BigInt(denominator))
  }

  private init(_ numerator: BigInt, _ denominator: BigInt) {
    precondition(!denominator.isZero, "a fraction over 0")
    let divisor = numerator.greatestCommonDivisor(with: denominator) * (denominator.sign == .minus ? -1 : 1)
    self.numerator = divisor == 1 ? numerator : numerator / divisor
    self.denominator = divisor == 1 ? denominator : denominator / divisor
  }

  /// Whether the fraction is larger than 0.
  public var isPositive: Bool { numerator.sign == .plus && !numerator.isZero }
}

extension Rational: Hashable, Comparable, CustomStringConvertible {
  /// Compares by cross products, exactly.
  public static func < (left: Rational, right: Rational) -> Bool {
    left.numerator * right.denominator < right.numerator * left.denominator
  }

  /// "97/100", or "1" for a whole number.
  public var description: String { denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)" }
}

extension Rational: ProbabilityScalar {
  /// 0.
  public static var zero: Rational { Rational(0) }
  /// 1.
  public static var one: Rational { Rational(1) }
  /// 0: rows must sum to exactly 1.
  public static var rowTolerance: Rational { zero }

  /// The exact sum.
  public static func + (left: Rational, right: Rational) -> Rational {
    if left.denominator == right.denominator { return Rational(left.numerator + right.numerator, left.denominator) }
    return Rational(
      left.numerator * right.denominator + right.numerator * left.denominator, left.denominator * right.denominator)
  }

  /// The exact difference.
  public static func - (left: Rational, right: Rational) -> Rational {
    left + Rational(-right.numerator, right.denominator)
  }

  /// The exact product.
  public static func * (left: Rational, right: Rational) -> Rational {
    Rational(left.numerator * right.numerator, left.denominator * right.denominator)
  }

  /// The quotient; the divisor must not be 0.
  public static func / (left: Rational, right: Rational) -> Rational {
    Rational(left.numerator * right.denominator, left.denominator * right.numerator)
  }

  /// Adds exactly.
  public static func += (left: inout Rational, right: Rational) { left = left + right }

  /// The fraction that a literal names: "97/100", "0.97", "1e-3", or a number for its shortest decimal.
  public init?(_ literal: ProbabilityLiteral) {
    let text = literal.text
    guard text.utf8.count <= 400 else { return nil }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let upper = Self.decimal(parts[0]) else { return nil }
    guard parts.count == 2 else {
      self = upper
      return
    }
    guard let lower = Self.decimal(parts[1]), !lower.numerator.isZero else { return nil }
    self = upper / lower
  }

  /// Reads "12", "-0.5", "1e-3" or "2.5E2".
  private static func decimal(_ text: Substring) -> Rational? {
    let halves = text.split(separator: "e", omittingEmptySubsequences: false).flatMap {
      $0.split(separator: "E", omittingEmptySubsequences: false)
    }
    guard let mantissa = halves.first, halves.count <= 2 else { return nil }
    var exponent = 0
    if halves.count == 2 {
      guard let value = Int(halves[1]), value.magnitude <= 400 else { return nil }
      exponent = value
    }
    let pieces = mantissa.split(separator: ".", omittingEmptySubsequences: false)
    guard pieces.count <= 2, mantissa.utf8.contains(where: { (0x30...0x39).contains($0) }) else { return nil }
    let fraction = pieces.count == 2 ? pieces[1] : ""
    guard fraction.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    var digits = pieces[0] + fraction
    if digits.first == "+" { digits.removeFirst() }
    guard let value = BigInt(String(digits)) else { return nil }
    exponent -= fraction.utf8.count
    let power = BigInt(10).power(abs(exponent))
    return exponent < 0 ? Rational(value, power) : Rational(value * power, 1)
  }

  /// The fraction as a `Double`.
  public var approximation: Double {
    if numerator.isZero { return 0 }
    let (quotient, exponent) = scaledQuotient
    return (numerator.sign == .minus ? -1 : 1) * Double(sign: .plus, exponent: exponent, significand: quotient)
  }

  /// log2 of the fraction, precise near 1 too; the fraction must be positive.
  public var logarithm: Double {
    let rest = Rational(numerator - denominator, denominator)
    let small = rest.approximation
    if small.magnitude < 0.25 { return binaryLogarithm(onePlus: small) }
    let (quotient, exponent) = scaledQuotient
    return binaryLogarithm(quotient) + Double(exponent)
  }

  /// The size of the fraction as a number of 53 bits or more times a power of two.
  private var scaledQuotient: (Double, Int) {
    let (upper, lower) = (numerator.magnitude, denominator.magnitude)
    let shift = 80 - upper.bitWidth + lower.bitWidth
    let quotient = shift >= 0 ? (upper << shift) / lower : upper / (lower << -shift)
    let excess = max(0, quotient.bitWidth - 63)
    return (Double(UInt64(quotient >> excess)), excess - shift)
  }
}
