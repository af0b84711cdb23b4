// SPDX-License-Identifier: Apache-2.0
// Espalier: connections as plain lists, input by input.

internal import CKernels

/// The connections of a huge or ultra-sparse layer, stored input by input with 32-bit indices.
///
/// The pattern's own row lists serve the forward pass, which finds the value of a connection by its rank among those of
/// its input (2 bytes), or, when an input has more than 65,536 connections, by its place (4 bytes).
///
/// - Complexity: 6 (or 8) bytes a connection and 8 an input besides the pattern.
package final class ListedOrder: @unchecked Sendable {
  package let columns: Int
  package let count: Int
  let columnStarts: IndexBuffer<Int64>
  let rowIndices: IndexBuffer<UInt32>
  let slots: IndexBuffer<UInt16>?
  let positions: IndexBuffer<UInt32>?

  /// Orders a pattern of fewer than 2³² connections by a counting sort.
  ///
  /// - Complexity: O(*rows* + *columns* + *count*) time, 8 bytes a column besides.
  package init(_ pattern: SparsityPattern) {
    precondition(
      UInt64(pattern.count) <= UInt64(UInt32.max), "\(pattern.count) connections in a layer; at most 2³² - 1")
    columns = pattern.columns
    count = pattern.count
    columnStarts = IndexBuffer(count: columns + 1)
    rowIndices = IndexBuffer(count: count)
    var longest: Int64 = 0
    let starts = columnStarts.base
    pattern.lend { _, columnIndices in
      for position in 0..<pattern.count { starts[Int(columnIndices[position]) + 1] += 1 }
    }
    for column in 0..<columns {
      longest = max(longest, starts[column + 1])
      starts[column + 1] += starts[column]
    }
    let fits = longest <= 65_536
    slots = fits ? IndexBuffer(count: count) : nil
    positions = fits ? nil : IndexBuffer(count: count)
    let next = IndexBuffer<UInt32>(count: columns)
    pattern.lend { rowStarts, columnIndices in
      for row in 0..<pattern.rows {
        for position in rowStarts[row]..<rowStarts[row + 1] {
          let column = Int(columnIndices[position])
          let rank = next.base[column]
          next.base[column] = rank + 1
          let place = Int(starts[column]) + Int(rank)
          rowIndices.base[place] = UInt32(truncatingIfNeeded: row)
          slots?.base[position] = UInt16(truncatingIfNeeded: rank)
          positions?.base[position] = UInt32(truncatingIfNeeded: place)
        }
      }
    }
  }

  /// Memory of the indices.
  package var bytes: Int {
    columnStarts.bytes + rowIndices.bytes + (slots?.bytes ?? 0) + (positions?.bytes ?? 0)
  }

  /// Calls `body` with the position in the pattern and the stored place of every connection.
  ///
  /// - Complexity: O(*count*).
  func forEachPlace(_ pattern: SparsityPattern, _ body: (_ position: Int, _ place: Int) -> Void) {
    pattern.lend { _, columnIndices in
      for position in 0..<count { body(position, place(position, columnIndices)) }
    }
  }

  func place(_ position: Int, _ columnIndices: UnsafePointer<UInt32>) -> Int {
    if let slots {
      return Int(columnStarts.base[Int(columnIndices[position])]) + Int(slots.base[position])
    }
    if let positions { return Int(positions.base[position]) }
    return 0
  }

  /// Lends the form that kernels read.
  func withKernelForm<Result>(_ pattern: SparsityPattern, _ body: (espalier_listed) -> Result) -> Result {
    pattern.lend { rowStarts, columnIndices in
      rowStarts.withMemoryRebound(to: Int64.self, capacity: pattern.rows + 1) { rowStarts in
        body(
          espalier_listed(
            row_starts: rowStarts, columns: columnIndices, column_starts: columnStarts.base, rows: rowIndices.base,
            slots: slots.map { UnsafePointer($0.base) }, positions: positions.map { UnsafePointer($0.base) }))
      }
    }
  }
}
