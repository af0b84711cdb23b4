// SPDX-License-Identifier: Apache-2.0
// Espalier: which connections exist.

/// Which connections exist between `columns` inputs and `rows` outputs.
///
/// Compressed sparse rows: row *i* (an output neuron) has the connections `rowStarts[i] ..< rowStarts[i + 1]`, and
/// `columns[k]` is the input of connection *k*. Columns rise strictly within a row, so a connection exists at most once
/// and a pattern has exactly one representation.
///
///     let pattern = try SparsityPattern(rows: 2, columns: 3, rowStarts: [0, 2, 3], columnIndices: [0, 2, 1])
///     pattern.contains(row: 0, column: 2)   // true
///
/// - Invariant: `rowStarts.count == rows + 1`, `rowStarts[rows] == columnIndices.count`, columns sorted and in range.
public struct SparsityPattern: Sendable, Equatable {
  /// Output neurons.
  public let rows: Int
  /// Input neurons.
  public let columns: Int
  /// Where each row begins in `columnIndices`, and the end of the last.
  public let rowStarts: [Int]
  /// The input of each connection.
  public let columnIndices: [UInt32]

  /// Checks and takes a pattern from outside.
  ///
  /// - Throws: ``PatternError`` that says where the first fault is.
  /// - Complexity: O(*rows* + *count*).
  public init(rows: Int, columns: Int, rowStarts: [Int], columnIndices: [UInt32])
    throws(PatternError)
  {
    guard rows >= 0, columns >= 0, columns <= Int(Int32.max), rows <= Int(Int32.max) else {
      throw .size(rows: rows, columns: columns)
    }
    guard rowStarts.count == rows + 1, rowStarts[0] == 0, rowStarts[rows] == columnIndices.count
    else { throw .rowStarts(row: rows) }
    for row in 0..<rows {
      let start = rowStarts[row]
      let end = rowStarts[row + 1]
      guard start <= end, end <= columnIndices.count else { throw .rowStarts(row: row) }
      for position in start..<end {
        let column = Int(columnIndices[position])
        guard column < columns else { throw .column(row: row, column: column, columns: columns) }
        if position > start && columnIndices[position - 1] >= columnIndices[position] {
          throw .order(row: row)
        }
      }
    }
    self.init(
      trustedRows: rows, columns: columns, rowStarts: rowStarts, columnIndices: columnIndices)
  }

  /// Takes a pattern that its maker guarantees; checked in debug builds by `checkInvariants()`.
  package init(trustedRows rows: Int, columns: Int, rowStarts: [Int], columnIndices: [UInt32]) {
    self.rows = rows
    self.columns = columns
    self.rowStarts = rowStarts
    self.columnIndices = columnIndices
    assert(checkInvariants())
  }

  /// The number of connections.
  public var count: Int { columnIndices.count }

  /// `rows * columns`, the connections of a dense layer.
  public var cells: Int { rows * columns }

  /// The share of cells that are connected, 0 for an empty layer.
  public var density: Double { cells == 0 ? 0 : Double(count) / Double(cells) }

  /// The positions of a row's connections.
  public func positions(ofRow row: Int) -> Range<Int> {
    rowStarts[row]..<rowStarts[row + 1]
  }

  /// The position of a connection, nil when it does not exist.
  ///
  /// - Complexity: O(log fan-in).
  public func position(row: Int, column: Int) -> Int? {
    var low = rowStarts[row]
    var high = rowStarts[row + 1]
    while low < high {
      let middle = (low + high) / 2
      if Int(columnIndices[middle]) < column { low = middle + 1 } else { high = middle }
    }
    return low < rowStarts[row + 1] && Int(columnIndices[low]) == column ? low : nil
  }

  /// Whether a connection exists.
  public func contains(row: Int, column: Int) -> Bool {
    position(row: row, column: column) != nil
  }

  /// Connections into each output neuron, `[rows]`.
  public var inDegrees: [Int] {
    (0..<rows).map { rowStarts[$0 + 1] - rowStarts[$0] }
  }

  /// Connections out of each input neuron, `[columns]`.
  public var outDegrees: [Int] {
    var degrees = [Int](repeating: 0, count: columns)
    for column in columnIndices { degrees[Int(column)] += 1 }
    return degrees
  }

  /// Lends the starts of the rows and the columns of the connections.
  ///
  /// Safety: the pointers are valid only inside `body`.
  package func lend<Result>(_ body: (UnsafePointer<Int>, UnsafePointer<UInt32>) -> Result) -> Result {
    rowStarts.withUnsafeBufferPointer { starts in
      columnIndices.withUnsafeBufferPointer { columns in
        let none = UnsafePointer<UInt32>(bitPattern: MemoryLayout<UInt32>.alignment)
        guard let first = starts.baseAddress, let other = columns.baseAddress ?? none else {
          preconditionFailure("a pattern without row starts")
        }
        return body(first, other)
      }
    }
  }

  /// Whether the stated invariant holds.
  public func checkInvariants() -> Bool {
    guard rowStarts.count == rows + 1, rowStarts[0] == 0, rowStarts[rows] == count else {
      return false
    }
    return (0..<rows).allSatisfy { row in
      let positions = rowStarts[row]..<max(rowStarts[row], rowStarts[row + 1])
      return rowStarts[row] <= rowStarts[row + 1]
        && positions.allSatisfy {
          Int(columnIndices[$0]) < columns
            && ($0 == positions.lowerBound || columnIndices[$0 - 1] < columnIndices[$0])
        }
    }
  }
}
