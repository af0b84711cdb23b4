// SPDX-License-Identifier: Apache-2.0
// Espalier: what stands behind a fitted table.

/// The samples behind the fitted law of one variable given the step before.
public struct FittedTable: Sendable, Hashable {
  /// The variable.
  public let variable: Int
  /// The variables of the step before that it depends on.
  public let parents: [Int]
  /// The choices of the parents' values.
  public let rows: Int
  /// Those of them that were seen.
  public let visitedRows: Int
  /// The fewest samples of a row that was seen.
  public let leastCount: Int

  /// Joins the parts.
  public init(variable: Int, parents: [Int], rows: Int, visitedRows: Int, leastCount: Int) {
    self.variable = variable
    self.parents = parents
    self.rows = rows
    self.visitedRows = visitedRows
    self.leastCount = leastCount
  }
}
