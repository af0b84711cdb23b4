// SPDX-License-Identifier: Apache-2.0
// Espalier: drawing a layer's connections.

public import SparseCore

extension Topology {
  /// Draws a layer's pattern of exactly `count` connections.
  ///
  /// Random topologies make every set of `count` connections equally likely; a fixed fan-in makes every choice of
  /// inputs of a row equally likely, row by row.
  ///
  /// - Parameter count: the layer's part of ``connectionCounts(for:)``.
  /// - Throws: ``TopologyError`` when the layer cannot hold that many (a fixed fan-in and a dense layer have one count).
  /// - Complexity: O(*rows* + *count*) expected time and memory, apart from a sort.
  /// - Invariant: `pattern.count == count`.
  public func pattern(_ shape: LayerShape, count: Int, random: inout Random) throws(TopologyError) -> SparsityPattern {
    guard shape.isValid else {
      throw .shape(layer: 0, outputs: shape.outputs, inputs: shape.inputs, kernel: shape.kernel)
    }
    switch self {
    case .erdosRenyi, .erk, .uniform:
      guard count >= 0, count <= shape.cells else { throw .count(count, allowed: 0...shape.cells) }
      return SparsityPattern(
        rows: shape.rows, columns: shape.columns, cells: random.distinct(count, below: shape.cells))
    case .fixedFanIn(let fanIn):
      guard fanIn >= 1, fanIn <= shape.columns else {
        throw .fanIn(fanIn, layer: 0, columns: shape.columns)
      }
      guard count == fanIn * shape.rows else {
        throw .count(count, allowed: fanIn * shape.rows...fanIn * shape.rows)
      }
      return Self.fixedFanIn(fanIn, shape, &random)
    case .dense:
      guard count == shape.cells else { throw .count(count, allowed: shape.cells...shape.cells) }
      return Self.fixedFanIn(shape.columns, shape, &random)
    }
  }

  /// Draws the pattern of a layer that has the whole budget for itself.
  ///
  ///     let pattern = try Topology.erdosRenyi(epsilon: 20).pattern(LayerShape(outputs: 1000, inputs: 784), random: &random)
  ///     pattern.count   // 35680
  ///
  /// - Throws: ``TopologyError`` for a size, density, epsilon or fan-in out of range.
  public func pattern(_ shape: LayerShape, random: inout Random) throws(TopologyError) -> SparsityPattern {
    let count = try connectionCounts(for: [shape])[0]
    return try pattern(shape, count: count, random: &random)
  }

  private static func fixedFanIn(_ fanIn: Int, _ shape: LayerShape, _ random: inout Random) -> SparsityPattern {
    var columnIndices: [UInt32] = []
    columnIndices.reserveCapacity(fanIn * shape.rows)
    for _ in 0..<shape.rows {
      if fanIn == shape.columns {
        columnIndices.append(contentsOf: 0..<UInt32(fanIn))
      } else {
        for column in random.distinct(fanIn, below: shape.columns) { columnIndices.append(UInt32(column)) }
      }
    }
    return SparsityPattern(
      trustedRows: shape.rows, columns: shape.columns, rowStarts: (0...shape.rows).map { $0 * fanIn },
      columnIndices: columnIndices)
  }
}

extension SparsityPattern {
  /// Makes a pattern from rising cell numbers *row* x *columns* + *column*.
  ///
  /// - Complexity: O(*rows* + *count*).
  init(rows: Int, columns: Int, cells: [Int]) {
    var rowStarts = [Int](repeating: 0, count: rows + 1)
    var columnIndices: [UInt32] = []
    columnIndices.reserveCapacity(cells.count)
    for cell in cells {
      let (row, column) = cell.quotientAndRemainder(dividingBy: columns)
      rowStarts[row + 1] += 1
      columnIndices.append(UInt32(column))
    }
    for row in 0..<rows { rowStarts[row + 1] += rowStarts[row] }
    self.init(trustedRows: rows, columns: columns, rowStarts: rowStarts, columnIndices: columnIndices)
  }
}
