// SPDX-License-Identifier: Apache-2.0
// Espalier: one place in a layer.

/// The place of a connection: from input `column` to output `row`.
///
/// Connections are ordered row by row, then by column, as a pattern stores them.
public struct Connection: Sendable, Equatable, Hashable, Comparable {
  /// The output neuron.
  public let row: Int
  /// The input neuron.
  public let column: Int

  /// Names a place.
  public init(row: Int, column: Int) {
    self.row = row
    self.column = column
  }

  /// The place of a cell number *row* x *columns* + *column*.
  init(cell: Int, columns: Int) {
    (row, column) = cell.quotientAndRemainder(dividingBy: columns)
  }

  /// Row by row, then by column.
  public static func < (left: Connection, right: Connection) -> Bool {
    left.row == right.row ? left.column < right.column : left.row < right.row
  }
}
