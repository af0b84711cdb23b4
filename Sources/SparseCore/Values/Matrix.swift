// SPDX-License-Identifier: Apache-2.0
// Espalier: a dense table of floats.

/// A dense, row-major table of floats: data sets, predictions, and the weights of dense layers.
///
///     var scores = Matrix(rows: 3, columns: 10)
///     scores[0, 9] = 1
///
/// Sparse layers never use it: their weights are a ``SparseMatrix``.
public struct Matrix: Sendable, Equatable {
  /// Rows, the samples of a table.
  public let rows: Int
  /// Columns, the features of a table.
  public let columns: Int
  /// The elements, row after row.
  public var values: Vector

  /// Makes a table of zeros `[rows, columns]`.
  public init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, values: Vector(count: rows * columns))
  }

  /// Makes a table `[rows, columns]` of given elements, row after row.
  public init(rows: Int, columns: Int, values: Vector) {
    precondition(rows >= 0 && columns >= 0, "a matrix of \(rows) x \(columns)")
    precondition(
      values.count == rows * columns, "\(values.count) values for a matrix of \(rows) x \(columns)")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// The element of a row and a column.
  public subscript(row: Int, column: Int) -> Float {
    get {
      precondition(column >= 0 && column < columns, "column \(column) of \(columns)")
      return values[row * columns + column]
    }
    set {
      precondition(column >= 0 && column < columns, "column \(column) of \(columns)")
      values[row * columns + column] = newValue
    }
  }

  /// One row as an array (a copy).
  public func row(_ index: Int) -> [Float] {
    precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
    return values.read { Array(UnsafeBufferPointer(start: $0 + index * columns, count: columns)) }
  }
}
