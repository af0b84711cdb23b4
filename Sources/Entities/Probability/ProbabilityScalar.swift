// SPDX-License-Identifier: Apache-2.0
// Espalier: the numbers that probabilities are made of.

/// A number that probabilities are computed with: `Double`, fast and rounded, or `Rational`, exact.
///
/// Models are generic over it, so that the same code answers within 1e-9 for large patterns and exactly for small ones,
/// where a complete local integration of 0 must not be taken for a positive one.
public protocol ProbabilityScalar: Sendable, Hashable, Comparable {
  static var zero: Self { get }
  static var one: Self { get }
  static func + (left: Self, right: Self) -> Self
  static func - (left: Self, right: Self) -> Self
  static func * (left: Self, right: Self) -> Self
  static func / (left: Self, right: Self) -> Self
  static func += (left: inout Self, right: Self)

  /// The number that a literal names, nil when it names none.
  init?(_ literal: ProbabilityLiteral)

  /// The number as a `Double`, rounded to the nearest but for the last bit or so.
  var approximation: Double { get }

  /// log2 of the number; it must be positive.
  var logarithm: Double { get }

  /// How far a row of a table may be from a sum of 1; such a row is scaled to it.
  static var rowTolerance: Self { get }
}

extension ProbabilityScalar {
  /// The number for a message: a long fraction is rounded.
  var words: String {
    let exact = "\(self)"
    return exact.utf8.count <= 40 ? exact : "about \(approximation)"
  }

  /// −log2 of the number: how surprising it is, in bits.
  var surprisal: Double { 0 - logarithm }
}

extension Double: ProbabilityScalar {
  /// 1.
  public static var one: Double { 1 }

  /// The number that a literal names.
  public init?(_ literal: ProbabilityLiteral) {
    guard let value = literal.doubleValue else { return nil }
    self = value
  }

  /// The number itself.
  public var approximation: Double { self }

  /// log2 of the number.
  public var logarithm: Double { binaryLogarithm(self) }

  /// 1e-6: such rows are scaled to a sum of 1.
  public static var rowTolerance: Double { 1e-6 }
}
