// SPDX-License-Identifier: Apache-2.0
// Espalier: the cells of a layer that may hold a connection.

internal import SparseCore

/// The cells of a layer that may hold a connection: all of them, or those within its locality.
struct Field: Sendable {
  let rows: Int
  let columns: Int
  let locality: Locality?
  /// The most cells of a row.
  let width: Int

  init(rows: Int, columns: Int, locality: Locality?) {
    self.rows = rows
    self.columns = columns
    // A window that reaches everywhere from everywhere is none.
    self.locality = locality.flatMap { $0.window < columns ? $0 : nil }
    width = self.locality.map { min(columns, 2 * $0.window + 1) } ?? columns
  }

  /// The columns of a row that belong to it.
  @inline(__always)
  func range(ofRow row: Int) -> Range<Int> {
    guard let locality else { return 0..<columns }
    return locality.columns(ofRow: row, rows: rows, columns: columns)
  }

  /// How many cells there are.
  var cells: Int { locality?.cells(rows: rows, columns: columns) ?? rows * columns }

  /// Cells without a connection; connections outside the windows take none.
  ///
  /// - Complexity: O(1), with windows O(*rows* log fan-in).
  func absentCount(in pattern: SparsityPattern) -> Int {
    guard locality != nil else { return pattern.cells - pattern.count }
    var absent = 0
    for row in 0..<rows {
      let range = range(ofRow: row)
      let positions = pattern.positions(ofRow: row)
      let lower = lowerBound(positions) { Int(pattern.columnIndices[$0]) < range.lowerBound }
      let upper = lowerBound(lower..<positions.upperBound) { Int(pattern.columnIndices[$0]) < range.upperBound }
      absent += range.count - (upper - lower)
    }
    return absent
  }
}

/// Equal stretches of rows for tasks.
struct RowRanges: Sendable {
  let rows: Int
  let count: Int

  init(rows: Int, tasks: Int) {
    self.rows = rows
    count = max(1, min(rows, tasks, 1024))
  }

  /// The rows of a task.
  func rows(ofTask task: Int) -> Range<Int> { rows * task / count..<rows * (task + 1) / count }
}
