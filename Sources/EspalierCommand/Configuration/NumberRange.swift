// SPDX-License-Identifier: Apache-2.0
// Espalier: which numbers a setting takes.

/// Numbers of a range, and how messages describe it.
struct NumberRange: Sendable {
  let words: String
  let contains: @Sendable (Double) -> Bool

  static let notNegative = NumberRange(words: "of at least 0") { $0 >= 0 && $0.isFinite }
  static let share = NumberRange(words: "from 0 to 1") { $0 >= 0 && $0 <= 1 }
  /// Below 1 also in the single precision that the library computes with.
  static let belowOne = NumberRange(words: "from 0 to below 1") { $0 >= 0 && Float($0) < 1 }
  static let fromOne = NumberRange(words: "from 1 to 10") { $0 >= 1 && $0 <= 10 }
  static let aboveZeroToOne = NumberRange(words: "above 0, at most 1") { $0 > 0 && $0 <= 1 }
}
