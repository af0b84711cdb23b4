// SPDX-License-Identifier: Apache-2.0
// Espalier: drawing a roofline.

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
    for (index, item) in series.enumerated() {
      plot.drawPoints(item.points, place: Double(index) - Double(series.count - 1) / 2, color: ChartStyle.color(index))
    }
    plot.nameGroups(series.flatMap(\.points))
    plot.drawLegend(series.map(\.name))
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
  /// Logarithms at the ends of the axes, whole numbers.
  private let xEnds: (low: Double, high: Double)
  private let yEnds: (low: Double, high: Double)
  /// Between the columns of two series, in the drawing's units.
  private static let step = 38.0

  init(_ chart: RooflineChart) {
    let (width, height) = (860.0, 470.0)
    document = SVGDocument(width: width, height: height, title: chart.title)
    right = width - 150
    bottom = height - 66
    let points = chart.series.flatMap(\.points).filter { Self.isDrawn($0.x) && Self.isDrawn($0.y) }
    let limits = chart.roofs.map(\.limit).compactMap { limit -> Double? in
      guard case .compute(let most) = limit, Self.isDrawn(most) else { return nil }
      return most
    }
    xEnds = Self.ends(points.map(\.x), low: 0.5, high: 1, margin: 2)
    yEnds = Self.ends(points.map(\.y) + limits, low: 1, high: 64, margin: 1.12)
    document.label(chart.title, x: left, y: 30, size: 16, bold: true)
  }

  mutating func drawAxes(xTitle: String, yTitle: String) {
    for power in stride(from: yEnds.low, through: yEnds.high, by: 1) {
      document.line(x1: left, y1: y(power), x2: right, y2: y(power), stroke: ChartStyle.grid)
      document.label(Self.text(power), x: left - 8, y: y(power) + 4, anchor: .end, fill: ChartStyle.quiet)
    }
    for power in stride(from: xEnds.low, through: xEnds.high, by: 1) {
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
      let height = y(log2(most))
      document.line(x1: left, y1: height, x2: right, y2: height, stroke: ChartStyle.ink, width: 1.5)
      document.label(
        "\(roof.name), \(NumberText.significant(most, digits: 3)) GFLOP/s", x: right, y: height - 6, anchor: .end)
    }
    return lowest
  }

  /// Draws rising roofs up to the level one, each with its name along it.
  mutating func drawBandwidthRoofs(_ roofs: [RooflineChart.Roof], below peak: Double) {
    let slope = atan2(y(0) - y(1), x(1) - x(0)) * 180 / .pi
    for roof in roofs {
      guard case .bandwidth(let most) = roof.limit, Self.isDrawn(most) else { continue }
      let offset = log2(most)
      let from = max(xEnds.low, yEnds.low - offset)
      let to = min(xEnds.high, peak - offset)
      guard from < to else { continue }
      document.line(
        x1: x(from), y1: y(from + offset), x2: x(to), y2: y(to + offset), stroke: ChartStyle.quiet, width: 1.5)
      let start = from + 0.06 * (to - from)
      document.label(
        "\(roof.name), \(NumberText.significant(most, digits: 3)) GB/s", x: x(start) - 5, y: y(start + offset) - 5,
        size: 11, fill: ChartStyle.quiet, angle: -slope)
    }
  }

  /// Draws the points of one series, `place` columns beside the middle of their groups, and labels the ends of each.
  mutating func drawPoints(_ points: [RooflineChart.Point], place: Double, color: String) {
    let points = points.filter { Self.isDrawn($0.x) && Self.isDrawn($0.y) }
    for group in Self.groups(points) {
      let own = points.filter { $0.group == group }.sorted { $0.y < $1.y }
      for (index, point) in own.enumerated() {
        let (column, height) = (x(log2(point.x)) + place * Self.step, y(log2(point.y)))
        document.circle(x: column, y: height, radius: 4, fill: color)
        guard index == 0 || index == own.count - 1 else { continue }
        let isLowest = index == 0 && own.count > 1
        document.label(
          point.label, x: column, y: height + (isLowest ? 17 : -9), size: 11, anchor: .middle, fill: color)
      }
    }
  }

  /// Writes each group's name over the axis, where its points stand.
  mutating func nameGroups(_ points: [RooflineChart.Point]) {
    for group in Self.groups(points) {
      guard let point = points.first(where: { $0.group == group && Self.isDrawn($0.x) }) else { continue }
      document.label(group, x: x(log2(point.x)), y: bottom + 38, size: 13, anchor: .middle, bold: true)
    }
  }

  mutating func drawLegend(_ names: [String]) {
    for (index, name) in names.enumerated() {
      let height = top + 14 + Double(index) * 20
      document.circle(x: right + 24, y: height, radius: 4, fill: ChartStyle.color(index))
      document.label(name, x: right + 36, y: height + 4)
    }
  }

  private func x(_ power: Double) -> Double { left + (power - xEnds.low) / (xEnds.high - xEnds.low) * (right - left) }

  private func y(_ power: Double) -> Double { bottom - (power - yEnds.low) / (yEnds.high - yEnds.low) * (bottom - top) }

  private static func isDrawn(_ value: Double) -> Bool { value > 0 && value.isFinite }

  /// Whole logarithms around some values, `margin` times wider at both ends.
  private static func ends(_ values: [Double], low: Double, high: Double, margin: Double) -> (Double, Double) {
    let least = log2((values.min() ?? low) / margin).rounded(.down)
    let most = log2((values.max() ?? high) * margin).rounded(.up)
    return (least, max(least + 1, most))
  }

  private static func text(_ power: Double) -> String { NumberText.shortest(exp2(power)) }

  private static func groups(_ points: [RooflineChart.Point]) -> [String] {
    var groups: [String] = []
    for point in points where !groups.contains(point.group) { groups.append(point.group) }
    return groups
  }
}
