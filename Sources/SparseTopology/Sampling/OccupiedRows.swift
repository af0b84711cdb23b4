// SPDX-License-Identifier: Apache-2.0
// Espalier: the connections of rows, side by side.

internal import SparseCore

/// The connections within a field that count as there, row by row, for tasks of some rows each.
///
/// Safety: the pointers are valid inside ``lend(_:_:_:_:_:)`` only, and only read.
struct OccupiedRows {
  let field: Field
  let tasks: RowRanges
  /// nil for a layer not born yet.
  private let starts: UnsafePointer<Int>?
  private let columns: UnsafePointer<UInt32>?
  private let freed: PositionSet.Bits

  static func lend(
    _ field: Field, _ pattern: SparsityPattern?, _ freed: PositionSet, _ tasks: RowRanges,
    _ body: (OccupiedRows) -> Void
  ) {
    freed.read { freed in
      guard let pattern else {
        body(OccupiedRows(field: field, tasks: tasks, starts: nil, columns: nil, freed: freed))
        return
      }
      pattern.rowStarts.withUnsafeBufferPointer { starts in
        pattern.columnIndices.withUnsafeBufferPointer { columns in
          body(
            OccupiedRows(
              field: field, tasks: tasks, starts: starts.baseAddress, columns: columns.baseAddress, freed: freed))
        }
      }
    }
  }

  /// Whether there is a pattern.
  var isBorn: Bool { starts != nil }

  /// How many of a row's connections lie in the field and are not freed.
  @inline(__always)
  func count(_ row: Int) -> Int {
    guard let starts else { return 0 }
    let positions = clipped(row, starts[row]..<starts[row + 1])
    return positions.count &- freed.count(positions)
  }

  /// Lists the columns of a row's connections that lie in the field and are not freed; returns how many.
  @inline(__always)
  func list(_ row: Int, into list: inout [UInt32]) -> Int {
    guard let starts, let columns else { return 0 }
    let positions = clipped(row, starts[row]..<starts[row + 1])
    if list.count <= positions.count { list = [UInt32](repeating: 0, count: 2 * positions.count + 16) }
    return list.withUnsafeMutableBufferPointer { list in
      guard let list = list.baseAddress else { return 0 }
      var length = 0
      var position = positions.lowerBound
      while position < positions.upperBound {
        list[length] = columns[position]
        length &+= 1 &- freed[position]
        position &+= 1
      }
      return length
    }
  }

  /// Marks the columns of a row's connections that lie in the field and are not freed, less the field's first.
  @inline(__always)
  func mark(_ row: Int, from first: Int, in marks: UnsafeMutablePointer<UInt64>) {
    guard let starts, let columns else { return }
    let positions = clipped(row, starts[row]..<starts[row + 1])
    var position = positions.lowerBound
    while position < positions.upperBound {
      let column = Int(columns[position]) &- first
      let bit = UInt64(truncatingIfNeeded: 1 &- freed[position])
      marks[column &>> 6] |= bit &<< UInt64(truncatingIfNeeded: column & 63)
      position &+= 1
    }
  }

  /// The positions of a row whose columns lie in the field.
  @inline(__always)
  private func clipped(_ row: Int, _ positions: Range<Int>) -> Range<Int> {
    guard field.locality != nil, let columns, !positions.isEmpty else { return positions }
    let range = field.range(ofRow: row)
    let lower = lowerBound(positions) { Int(columns[$0]) < range.lowerBound }
    return lower..<lowerBound(lower..<positions.upperBound) { Int(columns[$0]) < range.upperBound }
  }
}

/// The first number of a range that is not below what is looked for.
///
/// - Complexity: O(log *count*).
@inline(__always)
func lowerBound(_ range: Range<Int>, _ isBelow: (Int) -> Bool) -> Int {
  var low = range.lowerBound
  var high = range.upperBound
  while low < high {
    let middle = (low + high) / 2
    if isBelow(middle) { low = middle + 1 } else { high = middle }
  }
  return low
}
