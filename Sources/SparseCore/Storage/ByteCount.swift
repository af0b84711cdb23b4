// SPDX-License-Identifier: Apache-2.0
// Espalier: sizes that cannot overflow.

/// A size that is told before anything of it exists: at least 0, and sums and products that are too large stay at the
/// most there is.
///
///     let bytes: ByteCount = 4 * ByteCount(connections) + 8 * (ByteCount(rows) + 1)
///     bytes.value
package struct ByteCount: Sendable, Equatable, Comparable, ExpressibleByIntegerLiteral {
  /// The size, `Int.max` for what cannot be told.
  package let value: Int

  package init(_ value: Int) { self.value = max(0, value) }

  /// Rounds; what is not a number, or too large for one, is `Int.max`.
  package init(rounding value: Double) { self.value = value < 0x1p62 ? max(0, Int(value.rounded())) : .max }

  package init(integerLiteral value: Int) { self.init(value) }

  package static func + (left: ByteCount, right: ByteCount) -> ByteCount {
    let (sum, overflow) = left.value.addingReportingOverflow(right.value)
    return ByteCount(overflow ? .max : sum)
  }

  package static func += (left: inout ByteCount, right: ByteCount) { left = left + right }

  package static func * (left: ByteCount, right: ByteCount) -> ByteCount {
    let (product, overflow) = left.value.multipliedReportingOverflow(by: right.value)
    return ByteCount(overflow ? .max : product)
  }

  package static func < (left: ByteCount, right: ByteCount) -> Bool { left.value < right.value }
}
