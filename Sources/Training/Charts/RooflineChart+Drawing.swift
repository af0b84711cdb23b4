// SPDX-License-Identifier: Apache-2.0
// Espalier: drawing a roofline.

internal import Datasets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension RooflineChart {
  /// The chart as an SVG file.
  ///
  /// Points and roofs that are not positive and finite are left out.
  package var svg: String {
    var plot = LogPlot(self)
    plot.drawAxes(xTitle: xTitle, yTitle: yTitle)
    let peak = plot.drawComputeRoofs(roofs)
    plot.drawBandwidthRoofs(roofs, below: peak)
    for column in plot.columns(of: series) { plot.draw(column, seriesCount: series.count, under: roofs, below: peak) }
    for (index, item) in series.enumerated() {
      plot.drawPoints(item.points, place: Double(index) - Double(series.count - 1) / 2, color: ChartStyle.color(index))
    }
    plot.drawLegend(series.map(\.name), roofs)
    return plot.document.text
  }
}

/// A plot with logarithmic axes, base 2.
private struct LogPlot {
  var document: SVGDocument
  private let left = 66.0
  private let top = 52.0
  private let right: Double
  private let bottom: Double
  /// Logarithms at the ends of the axes.
  private let xEnds: (low: Double, high: Double)
  private let yEnds: (low: Double, high: Double)
  /// Between the points of two series, in the drawing's units.
  private static let step = 40.0

  /// A group of points: its name and the logarithm of its place on the axis.
  struct Column {
    let name: String
    let place: Double
  }

  init(_ chart: RooflineChart) {
    let (width, height) = (910.0, 470.0)
    document = SVGDocument(width: width, height: height, title: chart.title)
    right = width - 210
    bottom = height - 74
    let points = chart.series.flatMap(\.points).filter { Self.isDrawn($0.x) && Self.isDrawn($0.y) }
    let limits = chart.roofs.map(\.limit).compactMap { limit -> Double? in
      guard case .compute(let most) = limit, Self.isDrawn(most) else { return nil }
      return most
    }
    xEnds = Self.ends(points.map(\.x), otherwise: 0.5...1, margin: 2)
    yEnds = Self.ends(points.map(\.y) + limits, otherwise: 1...64, margin: 1.3)
    document.label(chart.title, x: left, y: 30, size: 16, bold: true)
  }

  mutating func drawAxes(xTitle: String, yTitle: String) {
    let octaves = stride(from: yEnds.low.rounded(.down), through: yEnds.high, by: 1)
    for power in octaves.flatMap({ [$0, $0 + log2(1.5)] }) where (yEnds.low...yEnds.high).contains(power) {
      document.line(x1: left, y1: y(power), x2: right, y2: y(power), stroke: ChartStyle.grid)
      document.label(Self.text(power), x: left - 8, y: y(power) + 4, anchor: .end, fill: ChartStyle.quiet)
    }
    for power in stride(from: xEnds.low.rounded(.up), through: xEnds.high, by: 1) {
      document.line(x1: x(power), y1: bottom, x2: x(power), y2: bottom + 5, stroke: ChartStyle.axis)
      document.label(Self.text(power), x: x(power), y: bottom + 20, anchor: .middle, fill: ChartStyle.quiet)
    }
    document.line(x1: left, y1: bottom, x2: right, y2: bottom, stroke: ChartStyle.axis)
    document.label(xTitle, x: (left + right) / 2, y: document.height - 14, size: 13, anchor: .middle)
    document.label(yTitle, x: 20, y: (top + bottom) / 2, size: 13, anchor: .middle, turned: true)
  }

  /// Draws level roofs and returns the lowest of them, as a logarithm.
  mutating func drawComputeRoofs(_ roofs: [RooflineChart.Roof]) -> Double {
    var lowest = yEnds.high
    for roof in roofs {
      guard case .compute(let most) = roof.limit, Self.isDrawn(most) else { continue }
      lowest = min(lowest, log2(most))
      document.line(
        x1: left, y1: y(log2(most)), x2: right, y2: y(log2(most)), stroke: ChartStyle.ink, width: 1.5)
    }
    return lowest
  }

  /// Draws rising roofs up to the level one.
  mutating func drawBandwidthRoofs(_ roofs: [RooflineChart.Roof], below peak: Double) {
    for roof in roofs {
      guard case .bandwidth(let most) = roof.limit, Self.isDrawn(most) else { continue }
      let offset = log2(most)
      let from = max(xEnds.low, yEnds.low - offset)
      let to = min(xEnds.high, peak - offset)
      guard from < to else { continue }
      document.line(
        x1: x(from), y1: y(from + offset), x2: x(to), y2: y(to + offset), stroke: ChartStyle.axis, width: 1.5)
    }
  }

  /// The groups of all points, in order.
  func columns(of series: [RooflineChart.Series]) -> [Column] {
    var columns: [Column] = []
    for point in series.flatMap(\.points)
    where Self.isDrawn(point.x) && !columns.contains(where: { $0.name == point.group }) {
      columns.append(Column(name: point.group, place: log2(point.x)))
    }
    return columns
  }

  /// Draws a column's ground and the roofs over it, level, as they are at its place of the axis.
  mutating func draw(_ column: Column, seriesCount: Int, under roofs: [RooflineChart.Roof], below peak: Double) {
    let middle = x(column.place)
    let half = Self.step * (Double(seriesCount) + 0.6) / 2
    document.rectangle(
      x: middle - half, y: top, width: 2 * half, height: bottom - top - 1, fill: ChartStyle.column, radius: 4)
    document.line(
      x1: middle - half, y1: y(peak), x2: middle + half, y2: y(peak), stroke: ChartStyle.ink, width: 1.5)
    for roof in roofs {
      guard case .bandwidth(let most) = roof.limit, Self.isDrawn(most) else { continue }
      let level = log2(most) + column.place
      guard level < peak, level > yEnds.low else { continue }
      document.line(
        x1: middle - half, y1: y(level), x2: middle + half, y2: y(level), stroke: ChartStyle.quiet, width: 1.5)
      document.label(roof.name, x: middle + half + 4, y: y(level) + 4, size: 11, fill: ChartStyle.quiet)
    }
    document.label(column.name, x: middle, y: bottom + 38, size: 13, anchor: .middle, bold: true)
  }

  /// Draws the points of one series, `place` steps beside the middle of their columns, and labels the ends of each.
  mutating func drawPoints(_ points: [RooflineChart.Point], place: Double, color: String) {
    let points = points.filter { Self.isDrawn($0.x) && Self.isDrawn($0.y) }
    var groups: [String] = []
    for point in points where !groups.contains(point.group) { groups.append(point.group) }
    for group in groups {
      let own = points.filter { $0.group == group }.sorted { $0.y < $1.y }
      for (index, point) in own.enumerated() {
        let (across, height) = (x(log2(point.x)) + place * Self.step, y(log2(point.y)))
        document.circle(x: across, y: height, radius: 4, fill: color)
        guard index == 0 || index == own.count - 1 else { continue }
        let isLowest = index == 0 && own.count > 1
        document.label(
          point.label, x: across, y: height + (isLowest ? 17 : -9), size: 11, anchor: .middle, fill: color)
      }
    }
  }

  mutating func drawLegend(_ names: [String], _ roofs: [RooflineChart.Roof]) {
    var height = top + 14
    for (index, name) in names.enumerated() {
      document.circle(x: right + 24, y: height, radius: 4, fill: ChartStyle.color(index))
      document.label(name, x: right + 36, y: height + 4)
      height += 20
    }
    height += 10
    for roof in roofs {
      let (most, unit) =
        switch roof.limit {
        case .compute(let most): (most, "GFLOP/s")
        case .bandwidth(let most): (most, "GB/s")
        }
      guard Self.isDrawn(most) else { continue }
      let stroke = unit == "GB/s" ? ChartStyle.quiet : ChartStyle.ink
      document.line(x1: right + 16, y1: height, x2: right + 31, y2: height, stroke: stroke, width: 1.5)
      document.label("\(roof.name), \(NumberText.significant(most, digits: 3)) \(unit)", x: right + 36, y: height + 4)
      height += 20
    }
  }

  private func x(_ power: Double) -> Double { left + (power - xEnds.low) / (xEnds.high - xEnds.low) * (right - left) }

  private func y(_ power: Double) -> Double { bottom - (power - yEnds.low) / (yEnds.high - yEnds.low) * (bottom - top) }

  private static func isDrawn(_ value: Double) -> Bool { value > 0 && value.isFinite }

  /// Logarithms of the ends of an axis around some values, `margin` times wider at both ends.
  private static func ends(
    _ values: [Double], otherwise range: ClosedRange<Double>, margin: Double
  ) -> (Double, Double) {
    let least = values.min() ?? range.lowerBound
    let most = values.max() ?? range.upperBound
    return (log2(least / margin), log2(most * margin))
  }

  private static func text(_ power: Double) -> String { NumberText.significant(exp2(power), digits: 4) }
}
