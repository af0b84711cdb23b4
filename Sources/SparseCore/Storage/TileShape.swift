// SPDX-License-Identifier: Apache-2.0
// Espalier: how a sparse layer is cut.

/// The sides of the tiles of a sparse layer, and whether their rows are sorted by length.
///
/// A pass over a tile reads random rows of activations, so the tile's rows should lie in a near cache. But each row of a
/// tile costs a fixed time, which about 16 connections repay: tiles of 20 / density do both. Sorting rows by length
/// makes the lengths of loops predictable, which pays while a tile's activations (256 bytes a feature in blocks of 64
/// samples) take less than a fourth of the second-level cache; larger tiles keep their rows in order for the hardware's
/// prefetching, and are at most `widest`.
package struct TileShape: Sendable, Equatable {
  package let rows: Int
  package let columns: Int
  package let sorts: Bool

  /// The longest side of a tile: 1 MiB of activations in blocks of 64 samples.
  package static let widest = 4096

  /// The least connections of a row of a tile, on average, for which tiles are worth their overhead.
  package static let leastRun = 6.0

  package init(rows: Int, columns: Int, sorts: Bool) {
    self.rows = rows
    self.columns = columns
    self.sorts = sorts
  }

  /// The best known tiles for a layer, nil for a layer that should stay plain lists: one so sparse, or so large, that
  /// rows of tiles would be almost empty.
  package init?(rows: Int, columns: Int, count: Int) {
    let density = Double(count) / max(1, Double(rows) * Double(columns))
    let side = min(Self.widest, max(128, Int(20 / max(density, 0.001))))
    let sorts = side <= 1024
    guard max(rows, columns) <= side || density * Double(side) >= Self.leastRun else { return nil }
    self.init(rows: Self.part(of: rows, side), columns: Self.part(of: columns, side), sorts: sorts)
  }

  /// The side of equal parts, of at most about `side`, that `length` is cut into.
  private static func part(of length: Int, _ side: Int) -> Int {
    let parts = max(1, (length + side / 2) / side)
    return max(1, (length + parts - 1) / parts)
  }
}
