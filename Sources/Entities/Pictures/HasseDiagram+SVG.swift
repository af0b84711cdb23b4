// SPDX-License-Identifier: Apache-2.0
// Espalier: a Hasse diagram as a picture.

internal import Datasets

extension HasseDiagram {
  /// The diagram as a picture: the lowest level at the bottom, SLI in bits at the left, an edge for each cover.
  public var svg: String {
    guard !partitions.isEmpty else {
      var empty = SVGDocument(width: 320, height: 60, title: "no refinement-free partitions")
      empty.label("no refinement-free partitions", x: 160, y: 34, anchor: .middle)
      return empty.text
    }
    let grid = PatternGrid(partitions[0].partition.nodes, nodes)
    let cell = max(2.0, min(9, 60 / Double(max(grid.rows, grid.columns))))
    let (width, height) = (Double(grid.columns) * cell, Double(grid.rows) * cell)
    let levels = self.levels()
    let widest = levels.map(\.count).max() ?? 1
    let (stepX, stepY) = (width + max(14, cell * 2), height + 46)
    let (left, top) = (92.0, 42.0)
    let total = left + Double(widest) * stepX + 20
    let bottom = top + Double(levels.count) * stepY
    var drawing = SVGDocument(
      width: max(total, 320), height: bottom + 24, title: "Hasse diagram of the refinement-free partitions")
    drawing.label("SLI (bits)", x: 12, y: 24, size: 11, fill: ChartStyle.quiet)
    var centers: [Int: (x: Double, y: Double)] = [:]
    for (rank, list) in levels.enumerated() {
      let y = bottom - (Double(rank) + 0.5) * stepY
      let start = left + (Double(widest) - Double(list.count)) * stepX / 2
      for (position, index) in list.enumerated() { centers[index] = (start + (Double(position) + 0.5) * stepX, y) }
      drawing.line(x1: left - 8, y1: y, x2: total - 12, y2: y, stroke: ChartStyle.grid)
      drawing.label(
        NumberText.fixed(partitions[list[0]].integration, decimals: 6), x: left - 14, y: y + 4, size: 11, anchor: .end)
    }
    for (index, coarse) in covers.enumerated() {
      for other in coarse {
        guard let from = centers[index], let to = centers[other] else { continue }
        let sign = from.y > to.y ? -1.0 : 1
        drawing.line(
          x1: from.x, y1: from.y + sign * (height / 2 + 3), x2: to.x, y2: to.y - sign * (height / 2 + 3),
          stroke: ChartStyle.axis)
      }
    }
    for (index, ranked) in partitions.enumerated() {
      guard let center = centers[index] else { continue }
      draw(ranked, at: (center.x - width / 2, center.y - height / 2), grid, cell, &drawing)
    }
    return drawing.text
  }

  private func draw(
    _ ranked: RankedPartition, at corner: (x: Double, y: Double), _ grid: PatternGrid, _ cell: Double,
    _ drawing: inout SVGDocument
  ) {
    let (width, height) = (Double(grid.columns) * cell, Double(grid.rows) * cell)
    drawing.rectangle(
      x: corner.x - 3, y: corner.y - 3, width: width + 6, height: height + 6, fill: ChartStyle.background, radius: 3,
      stroke: ChartStyle.grid)
    let colors = colors(ranked.partition)
    for row in 0..<grid.rows {
      for column in 0..<grid.columns {
        guard let node = grid.node(row: row, column: column), let color = colors[node] else { continue }
        drawing.rectangle(
          x: corner.x + Double(column) * cell + 0.5, y: corner.y + Double(row) * cell + 0.5, width: cell - 1,
          height: cell - 1, fill: color,
          tooltip: "\(ranked.partition): \(NumberText.fixed(ranked.integration, decimals: 6)) bits")
      }
    }
  }

  /// The partitions of each level, put near those that they share edges with: a few sweeps over the levels' neighbours' mean places.
  private func levels() -> [[Int]] {
    var levels = [[Int]](repeating: [], count: (ranks.last ?? 0) + 1)
    for (index, rank) in ranks.enumerated() { levels[rank].append(index) }
    var near = covers
    for (index, coarse) in covers.enumerated() { for other in coarse { near[other].append(index) } }
    var places = [Double](repeating: 0, count: partitions.count)
    func spread(_ level: [Int]) {
      for (position, index) in level.enumerated() { places[index] = Double(position) - Double(level.count - 1) / 2 }
    }
    for level in levels { spread(level) }
    for sweep in 0..<8 {
      for rank in sweep % 2 == 0 ? Array(levels.indices) : levels.indices.reversed() {
        let means = Dictionary(
          uniqueKeysWithValues: levels[rank].map { index in
            let around = near[index].map { places[$0] }
            return (index, around.isEmpty ? places[index] : around.reduce(0, +) / Double(around.count))
          })
        levels[rank].sort { (means[$0] ?? 0, $0) < (means[$1] ?? 0, $1) }
        spread(levels[rank])
      }
    }
    return levels
  }
}
