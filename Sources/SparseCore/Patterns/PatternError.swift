// SPDX-License-Identifier: Apache-2.0
// Espalier: what can be wrong with connections that come from outside.

/// Why a list of connections is not a sparsity pattern.
public enum PatternError: Error, Equatable, Sendable {
  /// Rows or columns are negative, or more than 2³¹ - 1 columns are asked for.
  case size(rows: Int, columns: Int)
  /// `rowStarts` must hold one more entry than there are rows, begin at 0, never fall, and end at the connection count.
  case rowStarts(row: Int)
  /// A column lies outside `0 ..< columns`.
  case column(row: Int, column: Int, columns: Int)
  /// Columns of a row must rise strictly.
  case order(row: Int)
  /// As many values as connections are needed.
  case values(expected: Int, got: Int)
}

extension PatternError: CustomStringConvertible {
  /// The error in words.
  public var description: String {
    switch self {
    case .size(let rows, let columns):
      "expected sizes from 0 to 2147483647, got \(rows) x \(columns)"
    case .rowStarts(let row):
      "expected row starts that begin at 0, never fall and end at the number of connections; row \(row) breaks this"
    case .column(let row, let column, let columns):
      "expected columns in 0 ..< \(columns), got \(column) in row \(row)"
    case .order(let row):
      "expected rising columns without repetition, row \(row) breaks this"
    case .values(let expected, let got):
      "expected one value a connection, \(expected), got \(got)"
    }
  }
}
