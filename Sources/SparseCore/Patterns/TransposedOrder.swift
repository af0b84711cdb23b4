// SPDX-License-Identifier: Apache-2.0
// Espalier: the same connections, input by input.

/// The connections of a pattern in input-major order.
///
/// Column *j* has the entries `columnStarts[j] ..< columnStarts[j + 1]`; entry *e* is the connection from *j* to
/// `rowIndices[e]`, whose value lies at `positions[e]` of the row-major store. Within a column rows rise.
public struct TransposedOrder: Sendable, Equatable {
  /// Where the connections of each input begin, and the count at the end.
  public let columnStarts: [Int]
  /// The output of each connection, input by input.
  public let rowIndices: [UInt32]
  /// The place of each connection in the pattern's own order.
  public let positions: [UInt32]

  /// Orders a pattern of fewer than 2³² connections by a counting sort.
  ///
  /// - Complexity: O(*rows* + *columns* + *count*); 8 bytes a connection and 8 a column.
  public init(_ pattern: SparsityPattern) {
    precondition(UInt64(pattern.count) <= UInt64(UInt32.max), "\(pattern.count) connections need 64-bit positions")
    var next = [Int](repeating: 0, count: pattern.columns + 1)
    for column in pattern.columnIndices { next[Int(column) + 1] += 1 }
    for column in 0..<pattern.columns { next[column + 1] += next[column] }
    columnStarts = next
    var rowIndices = [UInt32](repeating: 0, count: pattern.count)
    var positions = [UInt32](repeating: 0, count: pattern.count)
    for row in 0..<pattern.rows {
      for position in pattern.positions(ofRow: row) {
        let column = Int(pattern.columnIndices[position])
        rowIndices[next[column]] = UInt32(row)
        positions[next[column]] = UInt32(position)
        next[column] += 1
      }
    }
    self.rowIndices = rowIndices
    self.positions = positions
  }
}
