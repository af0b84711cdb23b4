// SPDX-License-Identifier: Apache-2.0
// Espalier: one place in a layer.

/// The place of a connection: from input `column` to output `row`, in 8 bytes.
///
/// Connections are ordered row by row, then by column, as a pattern stores them.
public struct Connection: Sendable, Equatable, Hashable, Comparable {
  private let storedRow: UInt32
  private let storedColumn: UInt32

  /// The output neuron.
  public var row: Int { Int(storedRow) }
  /// The input neuron.
  public var column: Int { Int(storedColumn) }

  /// Names a place, both sides from 0 to 2³² - 1.
  public init(row: Int, column: Int) {
    precondition(
      row >= 0 && row <= Int(UInt32.max) && column >= 0 && column <= Int(UInt32.max), "a connection (\(row), \(column))"
    )
    storedRow = UInt32(truncatingIfNeeded: row)
    storedColumn = UInt32(truncatingIfNeeded: column)
  }

  /// Row by row, then by column.
  public static func < (left: Connection, right: Connection) -> Bool { left.order < right.order }

  /// The input neuron, as a pattern stores it.
  var column32: UInt32 { storedColumn }

  /// Rises row by row, then by column.
  var order: UInt64 { UInt64(storedRow) << 32 | UInt64(storedColumn) }
}

extension Connection: CustomStringConvertible {
  /// "(row, column)".
  public var description: String { "(\(row), \(column))" }
}
