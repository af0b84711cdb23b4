// SPDX-License-Identifier: Apache-2.0
// Espalier: drawing cells of a layer, row by row.

internal import SparseCore

/// Draws cells without a connection, every set of them equally likely, from a layer that is empty or not.
///
/// First the rows' shares (``RowShares``), then different ranks among the free cells of each row, from a stream of the
/// row's own; one walk beside the row's connections turns ranks into columns. Rows are shared out over threads; the
/// cells do not depend on how many there are.
///
/// - Complexity: O(*rows* + connections + cells drawn) expected time; 4 bytes a cell drawn and 12 a row.
struct CellDraw {
  let field: Field
  /// The connections there are; nil for a layer not born yet.
  var pattern: SparsityPattern?
  /// Positions of connections whose cells count as free, rising.
  var freed: [Int] = []
  /// Tells the streams of this draw from those of others.
  let key: UInt64
  let workers: Workers

  /// `count` of the free cells.
  ///
  /// When more than half of them are asked for, the shares of those left out are drawn.
  func cells(_ count: Int) -> SparsityPattern {
    let freed = PositionSet(freed, below: pattern?.count ?? 0, workers: workers)
    var room = [UInt32](repeating: 0, count: field.rows)
    let starts = [Int](unsafeUninitializedCapacity: field.rows + 1) { starts, written in
      guard let starts = starts.baseAddress else { return }
      room.withUnsafeMutableBufferPointer { room in
        if let room = room.baseAddress { share(count, freed, starts: starts, room: room) } else { starts[0] = 0 }
      }
      written = field.rows + 1
    }
    return columns(starts, freed)
  }

  /// The same number of cells in every row of a layer not born yet.
  func cells(inEachRow count: Int) -> SparsityPattern {
    columns((0...field.rows).map { $0 * count }, PositionSet([], below: 0, workers: workers))
  }

  /// Writes where each row's share begins.
  private func share(
    _ count: Int, _ freed: PositionSet, starts: UnsafeMutablePointer<Int>, room: UnsafeMutablePointer<UInt32>
  ) {
    forEachTask(freed) {
      CountFreeJob(rows: $0, room: room)
    } run: { job, task in
      job.run(task)
    }
    var free = 0
    for row in 0..<field.rows {
      starts[row + 1] = Int(room[row])
      free += Int(room[row])
    }
    precondition(count >= 0 && count <= free, "draw \(count) of \(free) free cells")
    let leavesOut = count > free / 2
    RowShares(rows: field.rows, width: field.width, key: key, workers: workers)
      .take(leavesOut ? free - count : count, from: room)
    starts[0] = 0
    for row in 0..<field.rows {
      let left = Int(room[row])
      starts[row + 1] = starts[row] + (leavesOut ? left : starts[row + 1] - left)
    }
  }

  private func columns(_ starts: [Int], _ freed: PositionSet) -> SparsityPattern {
    let count = starts[field.rows]
    let columns = [UInt32](unsafeUninitializedCapacity: count) { columns, written in
      starts.withUnsafeBufferPointer { starts in
        guard let starts = starts.baseAddress, let columns = columns.baseAddress else { return }
        forEachTask(freed) {
          ColumnsJob(rows: $0, key: key, starts: starts, columns: columns)
        } run: { job, task in
          job.run(task)
        }
      }
      written = count
    }
    return SparsityPattern(trustedRows: field.rows, columns: field.columns, rowStarts: starts, columnIndices: columns)
  }

  private func forEachTask<Job>(_ freed: PositionSet, _ make: (OccupiedRows) -> Job, run: @escaping (Job, Int) -> Void)
  {
    let work = (pattern?.count ?? 0) + field.rows
    let tasks = RowRanges(rows: field.rows, tasks: work / 65_536 + 1)
    OccupiedRows.lend(field, pattern, freed, tasks) { rows in
      workers.run(tasks.count, make(rows), parallel: work > 4096, run)
    }
  }
}

/// Counts the free cells of each row.
///
/// Safety: a task writes the room of its own rows.
private struct CountFreeJob {
  let rows: OccupiedRows
  let room: UnsafeMutablePointer<UInt32>

  func run(_ task: Int) {
    for row in rows.tasks.rows(ofTask: task) {
      room[row] = UInt32(truncatingIfNeeded: rows.field.range(ofRow: row).count &- rows.count(row))
    }
  }
}

/// Draws the columns of each row.
///
/// Safety: a task writes the columns of its own rows, from `starts[first]` to `starts[end]`, all of them.
private struct ColumnsJob {
  let rows: OccupiedRows
  let key: UInt64
  let starts: UnsafePointer<Int>
  let columns: UnsafeMutablePointer<UInt32>

  func run(_ task: Int) {
    var distinct = DistinctColumns()
    var survivors: [UInt32] = []
    RowStream.lend(key: key, purpose: .columns) { stream in
      for row in rows.tasks.rows(ofTask: task) {
        let count = starts[row + 1] &- starts[row]
        guard count > 0 else { continue }
        let range = rows.field.range(ofRow: row)
        let target = columns + starts[row]
        stream.begin(row)
        if rows.isBorn,
          DistinctColumns.favoursMarks(count, of: range.count, free: range.count &- rows.count(row))
        {
          distinct.drawUnmarked(count, below: range.count, from: range.lowerBound, &stream, into: target) { marks in
            rows.mark(row, from: range.lowerBound, in: marks)
          }
          continue
        }
        let occupied = rows.list(row, into: &survivors)
        let free = UInt32(truncatingIfNeeded: range.count &- occupied)
        distinct.draw(UInt32(truncatingIfNeeded: count), below: free, &stream, into: target)
        survivors.withUnsafeBufferPointer { survivors in
          Self.place(
            target, count, from: UInt32(truncatingIfNeeded: range.lowerBound), past: survivors.baseAddress, occupied)
        }
      }
    }
  }

  /// Turns rising ranks among free cells into columns.
  @inline(__always)
  private static func place(
    _ ranks: UnsafeMutablePointer<UInt32>, _ count: Int, from first: UInt32, past survivors: UnsafePointer<UInt32>?,
    _ occupied: Int
  ) {
    var index = 0
    var passed = 0
    if let survivors {
      while index < count {
        let column = ranks[index] &+ first &+ UInt32(truncatingIfNeeded: passed)
        if passed < occupied && survivors[passed] <= column {
          passed &+= 1
        } else {
          ranks[index] = column
          index &+= 1
        }
      }
    } else if first > 0 {
      while index < count {
        ranks[index] &+= first
        index &+= 1
      }
    }
  }
}
