// SPDX-License-Identifier: Apache-2.0
// Espalier: old and grown connections, merged row by row.

internal import SparseCore

/// Merges what survives of a pattern with what grows, every row straight into its place.
struct RowMerge {
  let rewiring: Rewiring
  let pattern: SparsityPattern
  let workers: Workers

  /// The new pattern of `count` connections.
  func rewired(count: Int) -> RewiredPattern {
    var starts = [Int](repeating: 0, count: pattern.rows + 1)
    var columns: [UInt32] = []
    var newborns = 0
    let tasks = RowRanges(rows: pattern.rows, tasks: (pattern.count + count + pattern.rows) / 65_536 + 1)
    let dropped = PositionSet(rewiring.dropped, below: pattern.count, workers: workers)
    let isShared = pattern.count + count > 16_384
    let origins = [UInt32](unsafeUninitializedCapacity: count) { origins, written in
      columns = [UInt32](unsafeUninitializedCapacity: count) { columns, written in
        dropped.read { dropped in
          Rows.lend(rewiring, dropped, pattern, tasks, &starts, columns, origins) { rows in
            workers.run(tasks.count, rows, parallel: isShared) { rows, task in rows.measure(task) }
            rows.sumLengths(count)
            var born = [Int](repeating: 0, count: tasks.count)
            born.withUnsafeMutableBufferPointer { born in
              guard let born = born.baseAddress else { return }
              workers.run(tasks.count, (rows, born), parallel: isShared) { job, task in
                job.1[task] = job.0.merge(task)
              }
            }
            for task in born { newborns += task }
          }
        }
        written = count
      }
      written = count
    }
    return RewiredPattern(
      pattern: SparsityPattern(
        trustedRows: pattern.rows, columns: pattern.columns, rowStarts: starts, columnIndices: columns),
      origins: origins, newborns: newborns)
  }
}

/// The rows of a merge.
///
/// Safety: a task writes the lengths of its own rows in the first pass, and all columns and origins of its own rows in
/// the second, after the lengths have been summed; the rest is read only.
private struct Rows {
  let tasks: RowRanges
  let columns: Int
  let oldStarts: UnsafePointer<Int>
  let oldColumns: UnsafeBufferPointer<UInt32>
  let dropped: PositionSet.Bits
  let grown: UnsafeBufferPointer<Connection>
  let starts: UnsafeMutablePointer<Int>
  let newColumns: UnsafeMutableBufferPointer<UInt32>
  let origins: UnsafeMutableBufferPointer<UInt32>

  static func lend(
    _ rewiring: Rewiring, _ dropped: PositionSet.Bits, _ pattern: SparsityPattern, _ tasks: RowRanges,
    _ starts: inout [Int], _ columns: UnsafeMutableBufferPointer<UInt32>,
    _ origins: UnsafeMutableBufferPointer<UInt32>, _ body: (Rows) -> Void
  ) {
    pattern.rowStarts.withUnsafeBufferPointer { oldStarts in
      pattern.columnIndices.withUnsafeBufferPointer { oldColumns in
        rewiring.grown.withUnsafeBufferPointer { grown in
          starts.withUnsafeMutableBufferPointer { starts in
            guard let oldStarts = oldStarts.baseAddress, let starts = starts.baseAddress else { return }
            body(
              Rows(
                tasks: tasks, columns: pattern.columns, oldStarts: oldStarts, oldColumns: oldColumns, dropped: dropped,
                grown: grown, starts: starts, newColumns: columns, origins: origins))
          }
        }
      }
    }
  }

  /// How many connections a row had and keeps.
  @inline(__always)
  private func survivors(_ row: Int) -> Int {
    let positions = oldStarts[row]..<oldStarts[row + 1]
    return positions.count &- dropped.count(positions)
  }

  private func firstGrown(_ row: Int) -> Int { lowerBound(0..<grown.count) { grown[$0].row < row } }

  /// Writes the new length of each row.
  func measure(_ task: Int) {
    let rows = tasks.rows(ofTask: task)
    var next = firstGrown(rows.lowerBound)
    for row in rows {
      let first = next
      while next < grown.count && grown[next].row == row { next &+= 1 }
      starts[row + 1] = survivors(row) &+ next &- first
    }
  }

  /// Turns lengths into starts.
  func sumLengths(_ count: Int) {
    starts[0] = 0
    for row in 0..<tasks.rows { starts[row + 1] += starts[row] }
    precondition(starts[tasks.rows] == count, "\(starts[tasks.rows]) connections, \(count) expected")
  }

  /// Merges rows; returns how many connections are newborn.
  func merge(_ task: Int) -> Int {
    let rows = tasks.rows(ofTask: task)
    var next = firstGrown(rows.lowerBound)
    var newborns = 0
    for row in rows {
      let length = starts[row + 1] &- starts[row] &- survivors(row)
      newborns &+= merge(row, next..<next &+ length)
      next &+= length
    }
    return newborns
  }

  /// Walks a row's old and grown connections side by side, the lower column first.
  ///
  /// No branch could foresee which is next: what is dropped is written too, and then written over. One that is dropped
  /// and grown at once keeps its origin.
  /// While a grown connection waits, or the row is not full, there is a place to write to.
  @inline(__always)
  private func merge(_ row: Int, _ new: Range<Int>) -> Int {
    var old = oldStarts[row]
    let oldEnd = oldStarts[row + 1]
    var next = new.lowerBound
    var target = starts[row]
    let end = starts[row + 1]
    while old < oldEnd && next < new.upperBound {
      let column = oldColumns[old]
      let grownColumn = grown[next].column32
      let isOld = column <= grownColumn ? 1 : 0
      let isNew = grownColumn <= column ? 1 : 0
      newColumns[target] = min(column, grownColumn)
      origins[target] = UInt32(truncatingIfNeeded: old) | UInt32(truncatingIfNeeded: isOld &- 1)
      target &+= 1 &- dropped[old] & (1 &- isNew)
      old &+= isOld
      next &+= isNew
    }
    while old < oldEnd && target < end {
      newColumns[target] = oldColumns[old]
      origins[target] = UInt32(truncatingIfNeeded: old)
      target &+= 1 &- dropped[old]
      old &+= 1
    }
    while next < new.upperBound {
      newColumns[target] = grown[next].column32
      origins[target] = RewiredPattern.newborn
      target &+= 1
      next &+= 1
    }
    precondition(target == end, "a connection grown in row \(row) exists already")
    precondition(
      new.isEmpty || grown[new.upperBound - 1].column < columns, "row \(row) grown beyond its \(columns) columns")
    // One more than the largest number carries over: a sum without a branch.
    var newborns: UInt64 = 0
    for place in starts[row]..<end { newborns &+= (UInt64(origins[place]) &+ 1) &>> 32 }
    return Int(newborns)
  }
}
