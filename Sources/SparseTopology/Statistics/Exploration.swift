// SPDX-License-Identifier: Apache-2.0
// Espalier: how much of a layer has ever been tried.

public import SparseCore

/// Which connections of a layer have ever lived: ITOP's exploration.
///
///     var exploration = Exploration(weights.pattern)
///     exploration.record(rewired)      // after each rewiring
///     exploration.rate                 // R_s: distinct connections ever alive / cells
///
/// - Complexity: 8 bytes a connection that has ever lived.
/// - Invariant: `cells` rise strictly and lie in `0 ..< rows * columns`.
///
/// Source: S. Liu, L. Yin, D. C. Mocanu, M. Pechenizkiy, *Do we actually need dense over-parameterization? In-time
/// over-parameterization in sparse training*, ICML 2021, equation 2, arXiv:2102.02887.
public struct Exploration: Sendable, Equatable {
  /// Output neurons.
  public let rows: Int
  /// Input neurons.
  public let columns: Int
  /// Cell numbers *row* x *columns* + *column* that have ever lived, rising: what to save.
  public private(set) var cells: [UInt64]

  /// Begins with the connections of a layer's birth.
  public init(_ pattern: SparsityPattern) {
    rows = pattern.rows
    columns = pattern.columns
    cells = []
    record(pattern)
  }

  /// Takes up a saved exploration.
  ///
  /// - Throws: ``TopologyError/cells(index:)`` at the first cell that does not rise or lies outside the layer.
  public init(rows: Int, columns: Int, cells: [UInt64]) throws(TopologyError) {
    precondition(rows >= 0 && columns >= 0, "an exploration of \(rows) x \(columns)")
    let (all, overflow) = UInt64(rows).multipliedReportingOverflow(by: UInt64(columns))
    precondition(!overflow, "an exploration of \(rows) x \(columns)")
    for index in cells.indices {
      guard cells[index] < all, index == 0 || cells[index - 1] < cells[index] else { throw .cells(index: index) }
    }
    self.rows = rows
    self.columns = columns
    self.cells = cells
  }

  /// Distinct connections that have ever lived.
  public var count: Int { cells.count }

  /// The exploration rate R_s: connections that have ever lived, of those there could be.
  public var rate: Double {
    rows == 0 || columns == 0 ? 0 : Double(count) / (Double(rows) * Double(columns))
  }

  /// Adds the connections of a pattern.
  ///
  /// - Complexity: O(*rows* + connections + *ever lived*).
  public mutating func record(_ pattern: SparsityPattern) {
    add(pattern) { _ in true }
  }

  /// Adds the newborn connections of a rewiring.
  ///
  /// - Complexity: O(*rows* + connections + *ever lived*).
  public mutating func record(_ rewired: RewiredPattern) {
    add(rewired.pattern) { rewired.origins[$0] == RewiredPattern.newborn }
  }

  private mutating func add(_ pattern: SparsityPattern, where isNew: (Int) -> Bool) {
    precondition(
      pattern.rows == rows && pattern.columns == columns,
      "a pattern of \(pattern.rows) x \(pattern.columns) for an exploration of \(rows) x \(columns)")
    var fresh: [UInt64] = []
    var known = 0
    for row in 0..<rows {
      for position in pattern.positions(ofRow: row) where isNew(position) {
        let cell = UInt64(row) * UInt64(columns) + UInt64(pattern.columnIndices[position])
        while known < cells.count && cells[known] < cell { known += 1 }
        if known == cells.count || cells[known] != cell { fresh.append(cell) }
      }
    }
    merge(fresh)
  }

  /// Merges rising cells that are not there yet, from the back, in place.
  private mutating func merge(_ fresh: [UInt64]) {
    var old = cells.count - 1
    var new = fresh.count - 1
    cells.append(contentsOf: fresh)
    while new >= 0 {
      let target = old + new + 1
      if old >= 0 && cells[old] > fresh[new] {
        cells[target] = cells[old]
        old -= 1
      } else {
        cells[target] = fresh[new]
        new -= 1
      }
    }
  }
}
