// SPDX-License-Identifier: Apache-2.0
// Espalier: a trajectory in space and time, with entities marked.

internal import Datasets

/// A trajectory drawn as a grid of variables and slices, coloured by value, with one pattern or several outlined.
///
///     SpaceTimePicture(trajectory, of: chain.nodes, marking: [entity.pattern]).svg
public struct SpaceTimePicture: Sendable, Hashable {
  /// The values that are drawn.
  public let pattern: SpatiotemporalPattern
  /// The model's variables.
  public let nodes: [ModelNode]
  /// The patterns that are outlined, each in a colour of its own; what is in none is faded.
  public let marked: [SpatiotemporalPattern]
  /// A line above the grid.
  public let title: String

  /// Draws a pattern, such as a whole trajectory, and marks parts of it.
  public init(
    _ pattern: SpatiotemporalPattern, of nodes: [ModelNode], marking marked: [SpatiotemporalPattern] = [],
    title: String = ""
  ) {
    self.pattern = pattern
    self.nodes = nodes
    self.marked = marked
    self.title = title
  }

  /// The picture.
  public var svg: String {
    let grid = PatternGrid(pattern.nodes, nodes)
    let cell = max(3.0, min(34, 960 / Double(max(grid.rows, grid.columns, 1))))
    let hasNames = cell >= 12
    let (left, top) = (hasNames ? 74.0 : 20.0, title.isEmpty ? 34.0 : 56.0)
    let width = max(left + Double(grid.columns) * cell + 20, 260)
    var drawing = SVGDocument(
      width: width, height: top + Double(grid.rows) * cell + 22, title: title.isEmpty ? "a trajectory" : title)
    if !title.isEmpty { drawing.label(title, x: 16, y: 24, size: 13, bold: true) }
    if hasNames { drawNames(grid, cell, left, top, &drawing) }
    let isMarked = Set(marked.flatMap(\.nodes))
    let most = max(1, (pattern.nodes.map { nodes[$0].stateCount }.max() ?? 2) - 1)
    for row in 0..<grid.rows {
      for column in 0..<grid.columns {
        guard let node = grid.node(row: row, column: column), let value = pattern.value(of: node) else { continue }
        drawing.rectangle(
          x: left + Double(column) * cell + 0.5, y: top + Double(row) * cell + 0.5, width: cell - 1, height: cell - 1,
          fill: ChartStyle.scale(0.08 + 0.72 * Double(value) / Double(most)), radius: cell > 12 ? 2 : 0,
          tooltip: "\(nodes[node].name) = \(nodes[node].stateName(value))",
          opacity: marked.isEmpty || isMarked.contains(node) ? 1 : 0.35)
        if cell >= 18 {
          drawing.label(
            nodes[node].stateName(value), x: left + (Double(column) + 0.5) * cell,
            y: top + (Double(row) + 0.5) * cell + 4, size: 11, anchor: .middle,
            fill: value * 2 > most && (marked.isEmpty || isMarked.contains(node))
              ? ChartStyle.background : ChartStyle.ink)
        }
      }
    }
    for (index, part) in marked.enumerated() {
      outline(part, ChartStyle.color(index + 1), grid, cell, left, top, &drawing)
    }
    return drawing.text
  }

  private func drawNames(
    _ grid: PatternGrid, _ cell: Double, _ left: Double, _ top: Double, _ drawing: inout SVGDocument
  ) {
    func name(_ place: Int) -> String {
      let full = nodes.first { $0.place == place }?.name ?? "\(place)"
      return String((full.split(separator: "@").first.map(String.init) ?? full).prefix(9))
    }
    let (across, down) =
      grid.isTurned
      ? (grid.places.map(name), grid.times.map { "t = \($0)" }) : (grid.times.map { "\($0)" }, grid.places.map(name))
    for (row, text) in down.enumerated() {
      drawing.label(
        text, x: left - 8, y: top + (Double(row) + 0.5) * cell + 4, size: 11, anchor: .end, fill: ChartStyle.quiet)
    }
    if !grid.isTurned { drawing.label("time", x: left - 8, y: top - 6, size: 11, anchor: .end, fill: ChartStyle.quiet) }
    for (column, text) in across.enumerated() where cell >= 18 || !grid.isTurned {
      drawing.label(
        text, x: left + (Double(column) + 0.5) * cell, y: top - 6, size: 11, anchor: .middle, fill: ChartStyle.quiet)
    }
  }

  /// Draws the border between the cells of a part and all others.
  private func outline(
    _ part: SpatiotemporalPattern, _ color: String, _ grid: PatternGrid, _ cell: Double, _ left: Double, _ top: Double,
    _ drawing: inout SVGDocument
  ) {
    let inside = Set(part.nodes)
    func isInside(_ row: Int, _ column: Int) -> Bool {
      guard (0..<grid.rows).contains(row), (0..<grid.columns).contains(column) else { return false }
      return grid.node(row: row, column: column).map { inside.contains($0) } ?? false
    }
    for row in 0..<grid.rows {
      for column in 0..<grid.columns where isInside(row, column) {
        let (x, y) = (left + Double(column) * cell, top + Double(row) * cell)
        let sides = [
          (!isInside(row - 1, column), x, y, x + cell, y),
          (!isInside(row + 1, column), x, y + cell, x + cell, y + cell),
          (!isInside(row, column - 1), x, y, x, y + cell),
          (!isInside(row, column + 1), x + cell, y, x + cell, y + cell),
        ]
        for side in sides where side.0 {
          drawing.line(x1: side.1, y1: side.2, x2: side.3, y2: side.4, stroke: color, width: cell > 12 ? 2.5 : 1.5)
        }
      }
    }
  }
}
