// SPDX-License-Identifier: Apache-2.0
// Espalier: a layer between dropping and growing.

public import SparseCore

/// A layer whose connections have been dropped and are to be replaced: what a growth rule looks at.
public struct GrowthSite: Sendable {
  /// The layer before the update.
  public let weights: SparseMatrix
  /// Positions that are about to be dropped, rising.
  public let dropped: [Int]
  /// The layer's gradient, when the rule asked for it.
  public let gradients: GradientSource?

  /// Joins a layer, what it is about to lose and its gradient.
  public init(weights: SparseMatrix, dropped: [Int], gradients: GradientSource? = nil) {
    if let gradients {
      precondition(
        gradients.rows == weights.rows && gradients.columns == weights.columns,
        "gradients of \(gradients.rows) x \(gradients.columns) for weights of \(weights.rows) x \(weights.columns)")
    }
    self.weights = weights
    self.dropped = dropped
    self.gradients = gradients
  }

  /// Cells without a connection before the update.
  public var absentCount: Int { weights.pattern.cells - weights.count }

  /// `count` different cells drawn uniformly among those without a surviving connection, sorted row by row.
  ///
  /// A connection that is about to be dropped may be drawn, and then stays.
  ///
  /// - Complexity: O(*rows* + connections + *count*) expected time, O(*count*) memory.
  public func random(_ count: Int, random: inout Random) -> [Connection] {
    let ranks = random.distinct(count, below: absentCount + dropped.count)
    return cells(ranks: ranks, free: dropped).map { Connection(cell: $0, columns: weights.columns) }
  }

  /// The `count` strongest gradients among uniformly drawn cells that are absent before the update.
  ///
  /// - Complexity: O(*rows* + connections + *candidates* x *samples*) expected time, O(*candidates*) memory.
  public func strongest(_ count: Int, among candidates: Int, random: inout Random) -> [Connection] {
    guard let gradients else { preconditionFailure("growth by gradient needs the layer's gradients") }
    let ranks = random.distinct(candidates, below: absentCount)
    let pattern = SparsityPattern(
      rows: weights.rows, columns: weights.columns, cells: cells(ranks: ranks, free: []))
    let chosen = gradients.gradients(at: pattern).read { values in
      RadixSelection.positions(smallest: count, of: candidates) { RadixSelection.descendingMagnitude(values[$0]) }
    }
    return pattern.connections(at: chosen)
  }

  /// Turns rising ranks among free cells into cell numbers: one walk beside the connections.
  ///
  /// A cell is free when it has no connection or its position is in `free`.
  private func cells(ranks: [Int], free: [Int]) -> [Int] {
    let pattern = weights.pattern
    var taken = 0
    var position = 0
    var row = 0
    var nextFree = 0
    return ranks.map { rank in
      while position < pattern.count {
        if nextFree < free.count && free[nextFree] == position {
          nextFree += 1
          position += 1
          continue
        }
        while pattern.rowStarts[row + 1] <= position { row += 1 }
        guard row * pattern.columns + Int(pattern.columnIndices[position]) <= rank + taken else { break }
        taken += 1
        position += 1
      }
      return rank + taken
    }
  }
}

extension SparsityPattern {
  /// The places of rising positions.
  func connections(at positions: [Int]) -> [Connection] {
    var row = 0
    return positions.map { position in
      while rowStarts[row + 1] <= position { row += 1 }
      return Connection(row: row, column: Int(columnIndices[position]))
    }
  }
}
