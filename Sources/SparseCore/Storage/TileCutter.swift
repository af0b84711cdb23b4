// SPDX-License-Identifier: Apache-2.0
// Espalier: cutting tiles out of a pattern.

/// Cuts one row of tiles after another out of a pattern; rows of tiles do not depend on one another.
///
/// Safety: the pointers belong to a pattern and a `TiledOrder` that the caller keeps alive; each call writes the entries
/// of its own row of tiles only.
struct TileCutter: @unchecked Sendable {
  let rowStarts: UnsafePointer<Int>
  let columnIndices: UnsafePointer<UInt32>
  let order: TiledOrder

  /// Rows of the pattern in a row of tiles.
  private func rows(_ down: Int) -> Range<Int> {
    down * order.shape.rows..<min(order.rows, (down + 1) * order.shape.rows)
  }

  /// Whether a tile lists all of its rows (of its columns): those that begin and end a sum.
  private func listsAll(_ index: Int, of count: Int) -> Bool { index == 0 || index == count - 1 }

  /// Counts the connections and entries of each tile into the slot behind it.
  func count(_ down: Int) {
    let side = order.shape.columns
    let marks = IndexBuffer<UInt8>(count: order.columns)
    let tile = down * order.tilesAcross + 1
    for row in rows(down) {
      var across = -1
      var end = 0
      for position in rowStarts[row]..<rowStarts[row + 1] {
        let column = Int(columnIndices[position])
        if column >= end {
          across = column / side
          end = (across + 1) * side
          if !listsAll(across, of: order.tilesAcross) { order.rowEntries.base[tile + across] += 1 }
        }
        order.starts.base[tile + across] += 1
        if marks.base[column] == 0 {
          marks.base[column] = 1
          order.columnEntries.base[tile + across] += 1
        }
      }
    }
    for across in 0..<order.tilesAcross {
      if listsAll(across, of: order.tilesAcross) { order.rowEntries.base[tile + across] = Int64(rows(down).count) }
      if listsAll(down, of: order.tilesDown) {
        order.columnEntries.base[tile + across] = Int64(min(side, order.columns - across * side))
      }
    }
  }

  /// Writes the connections and lists of a row of tiles.
  func cut(_ down: Int) {
    let scratch = TileScratch(shape: order.shape)
    let rows = rows(down)
    for row in rows { scratch.next[row - rows.lowerBound] = rowStarts[row] }
    for across in 0..<order.tilesAcross { cutTile(down, across, rows, scratch) }
  }

  private func cutTile(_ down: Int, _ across: Int, _ rows: Range<Int>, _ scratch: TileScratch) {
    let tile = down * order.tilesAcross + across
    let firstColumn = across * order.shape.columns
    let width = min(order.shape.columns, order.columns - firstColumn)
    let endColumn = firstColumn + width
    scratch.columnCounts.update(repeating: 0, count: width)
    for row in 0..<rows.count {
      let end = rowStarts[rows.lowerBound + row + 1]
      var position = scratch.next[row]
      while position < end, Int(columnIndices[position]) < endColumn {
        scratch.columnCounts[Int(columnIndices[position]) - firstColumn] += 1
        position += 1
      }
      scratch.rowCounts[row] = position - scratch.next[row]
    }
    list(
      scratch.rowCounts, rows.count, listsAll: listsAll(across, of: order.tilesAcross), places: scratch.rowPlaces,
      indices: order.entryRows.base + Int(order.rowEntries.base[tile]),
      counts: order.rowCounts.base + Int(order.rowEntries.base[tile]), scratch)
    list(
      scratch.columnCounts, width, listsAll: listsAll(down, of: order.tilesDown), places: scratch.columnPlaces,
      indices: order.entryColumns.base + Int(order.columnEntries.base[tile]),
      counts: order.columnCounts.base + Int(order.columnEntries.base[tile]), scratch)
    let start = Int(order.starts.base[tile])
    let (localColumns, localRows) = (order.localColumns.base + start, order.localRows.base + start)
    let map = order.map.base + start
    for row in 0..<rows.count {
      var place = scratch.rowPlaces[row]
      for position in scratch.next[row]..<scratch.next[row] + scratch.rowCounts[row] {
        let column = Int(columnIndices[position]) - firstColumn
        let stored = scratch.columnPlaces[column]
        scratch.columnPlaces[column] = stored + 1
        localColumns[place] = UInt16(truncatingIfNeeded: column)
        map[place] = UInt32(truncatingIfNeeded: stored)
        localRows[stored] = UInt16(truncatingIfNeeded: row)
        place += 1
      }
      scratch.next[row] += scratch.rowCounts[row]
    }
  }

  /// Lists rows (or columns) with their counts, the shorter first when the shape sorts, and tells where the connections
  /// of each begin.
  private func list(
    _ amounts: UnsafeMutablePointer<Int>, _ count: Int, listsAll: Bool, places: UnsafeMutablePointer<Int>,
    indices: UnsafeMutablePointer<UInt16>, counts: UnsafeMutablePointer<UInt16>, _ scratch: TileScratch
  ) {
    let sorted = scratch.sorted
    if order.shape.sorts {
      scratch.sort(amounts, count)
    } else {
      for index in 0..<count { sorted[index] = index }
    }
    var place = 0
    var entry = 0
    for rank in 0..<count {
      let index = sorted[rank]
      places[index] = place
      place += amounts[index]
      guard listsAll || amounts[index] > 0 else { continue }
      indices[entry] = UInt16(truncatingIfNeeded: index)
      counts[entry] = UInt16(truncatingIfNeeded: amounts[index])
      entry += 1
    }
  }
}

/// What cutting a row of tiles needs besides: a few words for each row and column of a tile.
private final class TileScratch {
  private let words: IndexBuffer<Int>
  let next: UnsafeMutablePointer<Int>
  let rowCounts: UnsafeMutablePointer<Int>
  let rowPlaces: UnsafeMutablePointer<Int>
  let columnCounts: UnsafeMutablePointer<Int>
  let columnPlaces: UnsafeMutablePointer<Int>
  let sorted: UnsafeMutablePointer<Int>
  private let buckets: UnsafeMutablePointer<Int>
  private let longest: Int

  init(shape: TileShape) {
    longest = max(shape.rows, shape.columns)
    words = IndexBuffer(count: 3 * shape.rows + 2 * shape.columns + 2 * longest + 2)
    next = words.base
    rowCounts = next + shape.rows
    rowPlaces = rowCounts + shape.rows
    columnCounts = rowPlaces + shape.rows
    columnPlaces = columnCounts + shape.columns
    sorted = columnPlaces + shape.columns
    buckets = sorted + longest
  }

  /// A stable counting sort of the numbers 0 ..< count by their amounts, into `sorted`.
  func sort(_ amounts: UnsafeMutablePointer<Int>, _ count: Int) {
    buckets.update(repeating: 0, count: longest + 2)
    for index in 0..<count { buckets[amounts[index] + 1] += 1 }
    for amount in 0...longest { buckets[amount + 1] += buckets[amount] }
    for index in 0..<count {
      sorted[buckets[amounts[index]]] = index
      buckets[amounts[index]] += 1
    }
  }
}
