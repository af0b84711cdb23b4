// SPDX-License-Identifier: Apache-2.0
// Espalier: a region of Conway's Life, as it stands in a file.

/// What a model file says about a region of Conway's Game of Life.
public struct LifeRegionDescription: Sendable, Hashable {
  /// The cells from top to bottom.
  public let rows: Int
  /// The cells from left to right.
  public let columns: Int
  /// The slices of time.
  public let timeSteps: Int
  /// The law of the first slice, row after row; probabilities are known to be numbers from 0 to 1.
  public let initial: CellLaw

  /// Joins the parts.
  public init(rows: Int, columns: Int, timeSteps: Int, initial: CellLaw) {
    self.rows = rows
    self.columns = columns
    self.timeSteps = timeSteps
    self.initial = initial
  }
}
