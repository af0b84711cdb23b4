// SPDX-License-Identifier: Apache-2.0
// Espalier: probabilities as they stand in files.

/// A probability as it was written: a number, or a text such as "97/100", "0.97" or "1e-3".
///
/// A number is taken for the shortest decimal that reads back as the same `Double`, so that 0.97 is 97/100 in exact mode too.
public enum ProbabilityLiteral: Sendable, Hashable {
  case number(Double)
  case text(String)

  /// The literal as it would be written in a file.
  public var text: String {
    switch self {
    case .number(let value): value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : value.description
    case .text(let text): text
    }
  }

  /// The value as a `Double`, nil when the text is no number or not finite.
  var doubleValue: Double? {
    switch self {
    case .number(let value): return value.isFinite ? value : nil
    case .text(let text):
      guard text.utf8.count <= 400 else { return nil }
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count <= 2, let numerator = Self.decimal(parts[0]) else { return nil }
      guard parts.count == 2 else { return numerator }
      guard let denominator = Self.decimal(parts[1]), denominator != 0 else { return nil }
      let value = numerator / denominator
      return value.isFinite ? value : Rational(self)?.approximation
    }
  }

  /// A decimal number without spaces, hexadecimal digits or words.
  private static func decimal(_ text: Substring) -> Double? {
    guard !text.isEmpty, text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }) else { return nil }
    return Double(text)
  }
}
