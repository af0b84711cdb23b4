// SPDX-License-Identifier: Apache-2.0
// Espalier: connections in tiles, with 16-bit indices.

internal import CKernels

/// The connections of a layer cut into tiles, each stored input by input.
///
/// Within a tile rows and columns have 16-bit local indices. Values, gradients and optimizer slots follow the stored
/// order, tile after tile (rows of tiles first) and in a tile column after column, since the backward pass, which writes,
/// reads them so. The forward pass has the same connections row by row, and finds their values through a map within the
/// tile or in a copy of its own.
///
/// - Complexity: 8 bytes a connection, 4 bytes for each non-empty row and column of a tile.
package final class TiledOrder: @unchecked Sendable {
  package let shape: TileShape
  package let rows: Int
  package let columns: Int
  package let count: Int
  let tilesDown: Int
  let tilesAcross: Int
  let starts: IndexBuffer<Int64>
  let rowEntries: IndexBuffer<Int64>
  private(set) var entryRows: IndexBuffer<UInt16>
  private(set) var rowCounts: IndexBuffer<UInt16>
  let localColumns: IndexBuffer<UInt16>
  let map: IndexBuffer<UInt32>
  let columnEntries: IndexBuffer<Int64>
  private(set) var entryColumns: IndexBuffer<UInt16>
  private(set) var columnCounts: IndexBuffer<UInt16>
  let localRows: IndexBuffer<UInt16>

  /// Cuts a pattern, the rows of tiles shared out over the workers.
  ///
  /// - Complexity: O(*count* + *tiles* x (*tile rows* + *tile columns*)).
  package init(_ pattern: SparsityPattern, shape: TileShape, workers: Workers) {
    precondition(
      (1...65_535).contains(shape.rows) && (1...65_535).contains(shape.columns),
      "tiles of \(shape.rows) x \(shape.columns); sides of 1 to 65535 have 16-bit indices")
    self.shape = shape
    rows = pattern.rows
    columns = pattern.columns
    count = pattern.count
    tilesDown = (rows + shape.rows - 1) / shape.rows
    tilesAcross = (columns + shape.columns - 1) / shape.columns
    let tiles = tilesDown * tilesAcross
    starts = IndexBuffer(count: tiles + 1)
    rowEntries = IndexBuffer(count: tiles + 1)
    columnEntries = IndexBuffer(count: tiles + 1)
    localColumns = IndexBuffer(count: count)
    map = IndexBuffer(count: count)
    localRows = IndexBuffer(count: count)
    // Counted first, since the lists' lengths follow from it.
    entryRows = IndexBuffer(count: 0)
    rowCounts = IndexBuffer(count: 0)
    entryColumns = IndexBuffer(count: 0)
    columnCounts = IndexBuffer(count: 0)
    let isWorth = Kernels.worthSharing(8 * count)
    pattern.lend { rowStarts, columnIndices in
      let cutter = TileCutter(rowStarts: rowStarts, columnIndices: columnIndices, order: self)
      workers.run(tilesDown, cutter, parallel: isWorth) { cutter, down in cutter.count(down) }
      for list in [starts, rowEntries, columnEntries] {
        for tile in 0..<tiles { list.base[tile + 1] += list.base[tile] }
      }
      entryRows = IndexBuffer(count: Int(rowEntries.base[tiles]))
      rowCounts = IndexBuffer(count: Int(rowEntries.base[tiles]))
      entryColumns = IndexBuffer(count: Int(columnEntries.base[tiles]))
      columnCounts = IndexBuffer(count: Int(columnEntries.base[tiles]))
      workers.run(tilesDown, cutter, parallel: isWorth) { cutter, down in cutter.cut(down) }
    }
  }

  /// The form that kernels read, valid while this object lives.
  var kernelForm: espalier_tiled {
    espalier_tiled(
      tile_rows: Int64(shape.rows), tile_columns: Int64(shape.columns), tiles_down: Int64(tilesDown),
      tiles_across: Int64(tilesAcross), starts: starts.base, row_entries: rowEntries.base,
      entry_rows: entryRows.base, row_counts: rowCounts.base, columns: localColumns.base, map: map.base,
      column_entries: columnEntries.base, entry_columns: entryColumns.base, column_counts: columnCounts.base,
      rows: localRows.base)
  }

  /// Memory of the indices.
  package var bytes: Int {
    starts.bytes + rowEntries.bytes + columnEntries.bytes + localColumns.bytes + map.bytes + localRows.bytes
      + entryRows.bytes + rowCounts.bytes + entryColumns.bytes + columnCounts.bytes
  }

  /// Calls `body` with the position in the pattern and the stored place of every connection.
  ///
  /// - Complexity: O(*count*); a word for each row of a tile.
  func forEachPlace(_ pattern: SparsityPattern, _ body: (_ position: Int, _ place: Int) -> Void) {
    var next = [Int](repeating: 0, count: shape.rows)
    for down in 0..<tilesDown {
      let first = down * shape.rows
      for row in 0..<min(shape.rows, rows - first) { next[row] = pattern.rowStarts[first + row] }
      for across in 0..<tilesAcross {
        let tile = down * tilesAcross + across
        let start = Int(starts.base[tile])
        var place = start
        for entry in Int(rowEntries.base[tile])..<Int(rowEntries.base[tile + 1]) {
          let row = Int(entryRows.base[entry])
          for _ in 0..<Int(rowCounts.base[entry]) {
            body(next[row], start + Int(map.base[place]))
            next[row] += 1
            place += 1
          }
        }
      }
    }
  }
}

extension TiledOrder {
  private struct CopyJob: @unchecked Sendable {
    let order: TiledOrder
    let source: UnsafePointer<Float>
    let target: UnsafeMutablePointer<Float>
    let tilesPerTask: Int
    let tiles: Int
  }

  /// Copies values from the stored order into that of the forward pass, tile by tile.
  func copyForward(from stored: Vector, to copy: inout Vector, workers: Workers) {
    let tiles = tilesDown * tilesAcross
    let perTask = Kernels.itemsPerTask(tiles, work: count)
    copy.write { target in
      stored.read { source in
        let job = CopyJob(order: self, source: source, target: target, tilesPerTask: perTask, tiles: tiles)
        workers.run((tiles + perTask - 1) / max(1, perTask), job, parallel: count >= 65_536) { job, task in
          let starts = job.order.starts.base
          for tile in task * job.tilesPerTask..<min(job.tiles, (task + 1) * job.tilesPerTask) {
            let (start, end) = (Int(starts[tile]), Int(starts[tile + 1]))
            let tileSource = job.source + start
            let map = job.order.map.base
            for place in start..<end { job.target[place] = tileSource[Int(map[place])] }
          }
        }
      }
    }
  }
}
