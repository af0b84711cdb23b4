// SPDX-License-Identifier: Apache-2.0
// Espalier: how much of a layer has ever been tried.

public import SparseCore

/// How many connections of a layer have ever lived: ITOP's exploration.
///
///     var exploration = Exploration(weights.pattern)
///     exploration.record(rewired)      // after each rewiring
///     exploration.rate                 // R_s: distinct connections ever alive / cells
///
/// Exact while at most 65,536 cells have ever lived. Beyond that a sample stays: the cells whose 64-bit hash ends in
/// ``level`` zero bits, with the lowest level at which they fit. Then ``count`` and ``rate`` are estimates, 2^level times
/// the sample, with a relative standard error of about √(2^level / count), less than 0.6 % since thinning halves more
/// than 65,536 cells. The sample follows from the cells that have ever lived alone, not from their order or the threads.
///
/// - Complexity: 8 bytes a cell of the sample: at most 512 KiB, however long the run and large the layer.
/// - Invariant: `cells` rise strictly, lie in `0 ..< rows * columns`, and belong to the sample of their level.
///
/// Source: S. Liu, L. Yin, D. C. Mocanu, M. Pechenizkiy, *Do we actually need dense over-parameterization? In-time
/// over-parameterization in sparse training*, ICML 2021, equation 2, arXiv:2102.02887.
public struct Exploration: Sendable, Equatable {
  /// Output neurons.
  public let rows: Int
  /// Input neurons.
  public let columns: Int
  /// Cell numbers *row* x *columns* + *column* that have ever lived, rising: what to save, with the level.
  public private(set) var cells: [UInt64]
  /// Zero bits at the end of the hash of each cell that is kept: 0 while every cell is.
  public private(set) var level = 0

  /// The most cells that a layer keeps.
  private static let limit = 65_536
  /// The highest level: a layer of 2⁶² cells needs less.
  private static let highestLevel = 62

  /// Begins with the connections of a layer's birth.
  public init(_ pattern: SparsityPattern) {
    rows = pattern.rows
    columns = pattern.columns
    cells = []
    record(pattern)
  }

  /// Takes up a saved exploration.
  ///
  /// - Throws: ``TopologyError/level(_:)`` for a level outside 0 ... 62; ``TopologyError/cells(index:)`` at the first
  ///   cell that does not rise, lies outside the layer, or is not in the sample of the level.
  public init(rows: Int, columns: Int, cells: [UInt64], level: Int) throws(TopologyError) {
    precondition(rows >= 0 && columns >= 0, "an exploration of \(rows) x \(columns)")
    let (all, overflow) = UInt64(rows).multipliedReportingOverflow(by: UInt64(columns))
    precondition(!overflow, "an exploration of \(rows) x \(columns)")
    guard (0...Self.highestLevel).contains(level) else { throw .level(level) }
    for index in cells.indices {
      guard cells[index] < all, index == 0 || cells[index - 1] < cells[index], Self.isKept(cells[index], at: level)
      else { throw .cells(index: index) }
    }
    self.rows = rows
    self.columns = columns
    self.cells = cells
    self.level = level
  }

  /// Distinct connections that have ever lived: exact at level 0, else an estimate, never above *rows* x *columns*.
  public var count: Int {
    let (estimate, overflow) = UInt64(cells.count).multipliedReportingOverflow(by: 1 << UInt64(level))
    let all = UInt64(rows) * UInt64(columns)
    return Int(clamping: overflow ? all : min(estimate, all))
  }

  /// The exploration rate R_s: connections that have ever lived, of those there could be; as exact as ``count``.
  public var rate: Double {
    rows == 0 || columns == 0 ? 0 : Double(count) / (Double(rows) * Double(columns))
  }

  /// Adds the connections of a pattern.
  ///
  /// - Complexity: O(*rows* + connections + sample); 1.5 MiB more meanwhile.
  public mutating func record(_ pattern: SparsityPattern) {
    check(pattern)
    var fresh: [UInt64] = []
    for row in 0..<rows {
      let first = UInt64(row) * UInt64(columns)
      for position in pattern.positions(ofRow: row) {
        note(first &+ UInt64(pattern.columnIndices[position]), &fresh)
      }
    }
    merge(fresh)
    thin()
  }

  /// Adds the newborn connections of a rewiring.
  ///
  /// - Complexity: O(*rows* + connections + sample); 1.5 MiB more meanwhile.
  public mutating func record(_ rewired: RewiredPattern) {
    check(rewired.pattern)
    var fresh: [UInt64] = []
    var row = 0
    rewired.pattern.rowStarts.withUnsafeBufferPointer { starts in
      rewired.pattern.columnIndices.withUnsafeBufferPointer { columnIndices in
        rewired.forEachNewborn { position in
          while starts[row + 1] <= position { row += 1 }
          note(UInt64(row) &* UInt64(columns) &+ UInt64(columnIndices[position]), &fresh)
        }
      }
    }
    merge(fresh)
    thin()
  }

  private func check(_ pattern: SparsityPattern) {
    precondition(
      pattern.rows == rows && pattern.columns == columns,
      "a pattern of \(pattern.rows) x \(pattern.columns) for an exploration of \(rows) x \(columns)")
  }

  /// Takes a cell of the level's sample; many at once are merged and thinned in between, which does not change the end.
  @inline(__always)
  private mutating func note(_ cell: UInt64, _ fresh: inout [UInt64]) {
    guard Self.isKept(cell, at: level) else { return }
    fresh.append(cell)
    if fresh.count > Self.limit { flush(&fresh) }
  }

  @inline(never)
  private mutating func flush(_ fresh: inout [UInt64]) {
    merge(fresh)
    fresh.removeAll(keepingCapacity: true)
    thin()
  }

  /// Raises the level until few enough cells are left.
  private mutating func thin() {
    while cells.count > Self.limit && level < Self.highestLevel {
      level += 1
      cells.removeAll { !Self.isKept($0, at: level) }
    }
  }

  /// Whether a cell belongs to the sample of a level.
  private static func isKept(_ cell: UInt64, at level: Int) -> Bool {
    hash(cell) & (1 &<< UInt64(level) &- 1) == 0
  }

  /// The finaliser of SplitMix64: every bit of the cell changes every bit of the hash with probability near 1/2.
  ///
  /// Source: G. Steele, D. Lea, C. Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014, figure 16.
  private static func hash(_ cell: UInt64) -> UInt64 {
    var hash = cell &+ 0x9e37_79b9_7f4a_7c15
    hash = (hash ^ hash &>> 30) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ hash &>> 27) &* 0x94d0_49bb_1331_11eb
    return hash ^ hash &>> 31
  }

  /// Merges rising cells; those that are there already change nothing.
  private mutating func merge(_ fresh: [UInt64]) {
    guard !fresh.isEmpty else { return }
    cells = [UInt64](unsafeUninitializedCapacity: cells.count + fresh.count) { merged, count in
      var (old, new) = (0, 0)
      while old < cells.count && new < fresh.count {
        let (left, right) = (cells[old], fresh[new])
        merged[count] = min(left, right)
        old &+= left <= right ? 1 : 0
        new &+= right <= left ? 1 : 0
        count &+= 1
      }
      for cell in cells[old...] {
        merged[count] = cell
        count &+= 1
      }
      for cell in fresh[new...] {
        merged[count] = cell
        count &+= 1
      }
    }
  }
}
