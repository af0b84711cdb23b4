// SPDX-License-Identifier: Apache-2.0
// Espalier: a proposed change of connections, and the one engine that applies it.

public import SparseCore

/// A proposed change of a layer's connections.
///
/// Rules propose, ``apply(to:)`` disposes: weights, optimizer state and cached orders of every method go through that
/// one function. A connection that is dropped and grown in the same rewiring counts as never dropped, as in RigL:
/// it keeps its value and its slots.
///
///     let rewiring = Rewiring(dropped: [4], grown: [Connection(row: 0, column: 7)])
///     let rewired = rewiring.apply(to: weights.pattern)
public struct Rewiring: Sendable, Equatable {
  /// Positions to drop, rising.
  public let dropped: [Int]
  /// Connections to grow, sorted row by row and distinct.
  public let grown: [Connection]

  /// Proposes a change; the order of both lists is checked here, their ranges by ``apply(to:)``.
  public init(dropped: [Int] = [], grown: [Connection] = []) {
    for index in dropped.indices.dropFirst() {
      precondition(dropped[index - 1] < dropped[index], "dropped positions must rise; entry \(index) does not")
    }
    for index in grown.indices.dropFirst() {
      precondition(grown[index - 1] < grown[index], "grown connections must rise; entry \(index) does not")
    }
    self.dropped = dropped
    self.grown = grown
  }

  /// Whether nothing is dropped or grown.
  public var isEmpty: Bool { dropped.isEmpty && grown.isEmpty }

  /// Makes the new pattern and tells where its connections come from.
  ///
  /// Stops the program when a dropped position or a grown connection lies outside the layer, or when a grown
  /// connection exists and is not dropped: such a rule is wrong.
  ///
  /// - Complexity: O(*rows* + *count*) time; the new pattern and 4 bytes a connection.
  /// - Invariant: the new count is the old one - dropped + grown.
  public func apply(to pattern: SparsityPattern) -> RewiredPattern {
    precondition(pattern.count < Int(RewiredPattern.newborn), "\(pattern.count) connections need 64-bit positions")
    checkRanges(of: pattern)
    let count = pattern.count - dropped.count + grown.count
    var merge = Merge(rewiring: self, count: count)
    var rowStarts = [0]
    rowStarts.reserveCapacity(pattern.rows + 1)
    for row in 0..<pattern.rows {
      merge.append(row: row, of: pattern)
      rowStarts.append(merge.columnIndices.count)
    }
    assert(merge.columnIndices.count == count, "\(merge.columnIndices.count) connections, \(count) expected")
    let rewired = SparsityPattern(
      trustedRows: pattern.rows, columns: pattern.columns, rowStarts: rowStarts, columnIndices: merge.columnIndices)
    return RewiredPattern(pattern: rewired, origins: merge.origins, newborns: merge.newborns)
  }

  private func checkRanges(of pattern: SparsityPattern) {
    if let first = dropped.first, let last = dropped.last {
      precondition(
        first >= 0 && last < pattern.count, "dropped positions \(first) ... \(last) of \(pattern.count) connections")
    }
    for connection in grown {
      precondition(
        connection.row >= 0 && connection.row < pattern.rows && connection.column >= 0
          && connection.column < pattern.columns,
        "grown (\(connection.row), \(connection.column)) in a layer of \(pattern.rows) x \(pattern.columns)")
    }
  }
}

/// Walks old and grown connections side by side, row by row.
private struct Merge {
  let rewiring: Rewiring
  var columnIndices: [UInt32] = []
  var origins: [UInt32] = []
  var newborns = 0
  private var nextDropped = 0
  private var nextGrown = 0

  init(rewiring: Rewiring, count: Int) {
    self.rewiring = rewiring
    columnIndices.reserveCapacity(count)
    origins.reserveCapacity(count)
  }

  mutating func append(row: Int, of pattern: SparsityPattern) {
    for position in pattern.positions(ofRow: row) {
      let column = Int(pattern.columnIndices[position])
      bear(row: row, before: column)
      let isDropped = nextDropped < rewiring.dropped.count && rewiring.dropped[nextDropped] == position
      if isDropped { nextDropped += 1 }
      let isGrown =
        nextGrown < rewiring.grown.count
        && rewiring.grown[nextGrown] == Connection(row: row, column: column)
      if isGrown {
        precondition(isDropped, "grown (\(row), \(column)) exists already")
        nextGrown += 1
      }
      if isGrown || !isDropped {
        columnIndices.append(UInt32(column))
        origins.append(UInt32(position))
      }
    }
    bear(row: row, before: pattern.columns)
  }

  private mutating func bear(row: Int, before column: Int) {
    while nextGrown < rewiring.grown.count, rewiring.grown[nextGrown].row == row,
      rewiring.grown[nextGrown].column < column
    {
      columnIndices.append(UInt32(rewiring.grown[nextGrown].column))
      origins.append(RewiredPattern.newborn)
      newborns += 1
      nextGrown += 1
    }
  }
}
