// SPDX-License-Identifier: Apache-2.0
// Espalier: the strongest of all absent gradients, without storing them.

internal import SparseCore

extension GrowthSite {
  /// The `count` strongest gradients among all cells without a surviving connection, sorted row by row.
  ///
  /// A connection that is about to be dropped takes part, and stays when it is chosen. The order is total: larger
  /// magnitude first, then row by row, NaN last; so the choice is unique and independent of the number of threads.
  ///
  /// Cells stream past in stretches, eight at a time side by side; a stretch keeps what beats the current limit, and the
  /// collected candidates are cut back to `count` whenever there are more than twice as many.
  ///
  /// - Complexity: O(*rows* x *columns* x *samples*) time, O(*count*) memory and 1 MiB.
  ///
  /// Source: U. Evci et al., *Rigging the lottery: making all tickets winners*, ICML 2020, section 3 (4).
  public func strongest(_ count: Int) -> [Connection] {
    guard let gradients else { preconditionFailure("growth by gradient needs the layer's gradients") }
    let cells = weights.pattern.cells
    precondition(
      count >= 0 && count <= absentCount + dropped.count, "grow \(count) of \(absentCount + dropped.count) free cells")
    guard count > 0 else { return [] }
    var best = StrongestCells(count: count)
    let stretch = max(16_384, min(count / 8, 1 << 22))
    let wave = Wave(site: self, gradients: gradients, tasks: 8, stretch: min(stretch, cells))
    defer { wave.deallocate() }
    var start = 0
    while start < cells {
      wave.scan(from: start, to: cells, limit: best.limit)
      wave.drain(from: start, into: &best)
      start += wave.tasks * wave.stretch
    }
    best.cut()
    return best.cells.map { Connection(cell: $0, columns: weights.columns) }
  }
}

/// The strongest cells so far, rising by cell number.
private struct StrongestCells {
  let count: Int
  private(set) var keys: [UInt32] = []
  private(set) var cells: [Int] = []
  /// Later cells whose key is not below this cannot be among the strongest.
  private(set) var limit = UInt32.max

  init(count: Int) {
    self.count = count
  }

  mutating func append(key: UInt32, cell: Int) {
    keys.append(key)
    cells.append(cell)
  }

  mutating func cutWhenLong() {
    if keys.count >= 2 * count + 65_536 { cut() }
  }

  mutating func cut() {
    guard keys.count > count else { return }
    let selection = RadixSelection(smallest: count, of: keys.count) { keys[$0] }
    var kept = 0
    var ties = selection.ties
    for index in keys.indices where keys[index] <= selection.limit {
      if keys[index] == selection.limit {
        guard ties > 0 else { continue }
        ties -= 1
      }
      keys[kept] = keys[index]
      cells[kept] = cells[index]
      kept += 1
    }
    keys.removeLast(keys.count - kept)
    cells.removeLast(cells.count - kept)
    limit = selection.limit
  }
}

/// Stretches of cells that are scored side by side.
///
/// Safety: task *t* writes only its own part of each buffer: `tile` floats, `stretch` keys and offsets and one count;
/// the parts are read after all tasks have ended, and freed by the one owner.
private struct Wave {
  let site: GrowthSite
  let gradients: GradientSource
  let tasks: Int
  /// Cells a task.
  let stretch: Int
  private let tiles: UnsafeMutablePointer<Float>
  private let keys: UnsafeMutablePointer<UInt32>
  private let offsets: UnsafeMutablePointer<UInt32>
  private let counts: UnsafeMutablePointer<Int>

  /// Columns scored at once.
  static let tile = 4096

  init(site: GrowthSite, gradients: GradientSource, tasks: Int, stretch: Int) {
    self.site = site
    self.gradients = gradients
    self.tasks = tasks
    self.stretch = stretch
    tiles = .allocate(capacity: tasks * Self.tile)
    tiles.initialize(repeating: 0, count: tasks * Self.tile)
    keys = .allocate(capacity: tasks * stretch)
    offsets = .allocate(capacity: tasks * stretch)
    counts = .allocate(capacity: tasks)
    counts.initialize(repeating: 0, count: tasks)
  }

  func deallocate() {
    tiles.deallocate()
    keys.deallocate()
    offsets.deallocate()
    counts.deallocate()
  }

  func scan(from start: Int, to end: Int, limit: UInt32) {
    gradients.workers.forEach(tasks) { task in
      let first = min(end, start + task * stretch)
      counts[task] = scan(task, first..<min(end, first + stretch), limit)
    }
  }

  func drain(from start: Int, into best: inout StrongestCells) {
    for task in 0..<tasks {
      for index in task * stretch..<task * stretch + counts[task] {
        best.append(key: keys[index], cell: start + task * stretch + Int(offsets[index]))
      }
      best.cutWhenLong()
    }
  }

  /// Scores a stretch and keeps its free cells below the limit; returns how many.
  private func scan(_ task: Int, _ cells: Range<Int>, _ limit: UInt32) -> Int {
    let columns = site.weights.columns
    let target = tiles + task * Self.tile
    var cell = cells.lowerBound
    var kept = 0
    while cell < cells.upperBound {
      let (row, column) = cell.quotientAndRemainder(dividingBy: columns)
      let width = min(columns - column, cells.upperBound - cell, Self.tile)
      gradients.rowGradient(row: row, columns: column..<column + width, into: target)
      var survivors = Survivors(of: site, row: row, from: column)
      for index in 0..<width {
        if survivors.next == column + index {
          survivors.advance()
          continue
        }
        let key = RadixSelection.descendingMagnitude(target[index])
        if key < limit {
          keys[task * stretch + kept] = key
          offsets[task * stretch + kept] = UInt32(cell + index - cells.lowerBound)
          kept += 1
        }
      }
      cell += width
    }
    return kept
  }
}

/// The columns of a row's surviving connections, rising.
private struct Survivors {
  /// The next survivor's column, `Int.max` after the last.
  private(set) var next = Int.max
  private let pattern: SparsityPattern
  private let dropped: [Int]
  private var position: Int
  private let end: Int
  private var nextDropped: Int

  init(of site: GrowthSite, row: Int, from column: Int) {
    pattern = site.weights.pattern
    dropped = site.dropped
    let positions = pattern.positions(ofRow: row)
    end = positions.upperBound
    position = Self.lowerBound(positions) { Int(site.weights.pattern.columnIndices[$0]) < column }
    let first = position
    nextDropped = Self.lowerBound(0..<dropped.count) { site.dropped[$0] < first }
    settle()
  }

  mutating func advance() {
    position += 1
    settle()
  }

  private mutating func settle() {
    while nextDropped < dropped.count && dropped[nextDropped] == position {
      nextDropped += 1
      position += 1
    }
    next = position < end ? Int(pattern.columnIndices[position]) : Int.max
  }

  private static func lowerBound(_ range: Range<Int>, _ isBelow: (Int) -> Bool) -> Int {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
      let middle = (low + high) / 2
      if isBelow(middle) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
