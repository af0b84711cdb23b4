// SPDX-License-Identifier: Apache-2.0
// Espalier: curves over time.

internal import Datasets

/// Curves, such as the loss of each epoch, with optional bands, such as the spread over seeds.
package struct LineChart: Sendable {
  /// One curve.
  ///
  /// A point that is not finite interrupts it.
  package struct Series: Sendable {
    package var name: String
    package var x: [Double]
    package var y: [Double]
    /// The band's edges at each x, nil without a band.
    package var band: (low: [Double], high: [Double])?

    package init(_ name: String, x: [Double], y: [Double], band: (low: [Double], high: [Double])? = nil) {
      precondition(x.count == y.count, "\(x.count) x for \(y.count) y")
      if let band {
        precondition(
          band.low.count == x.count && band.high.count == x.count,
          "a band of \(band.low.count) and \(band.high.count) for \(x.count) points")
      }
      self.name = name
      self.x = x
      self.y = y
      self.band = band
    }
  }

  package var title: String
  package var xTitle: String
  package var yTitle: String
  package var series: [Series]

  package init(title: String, xTitle: String, yTitle: String, series: [Series]) {
    self.title = title
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.series = series
  }

  /// The chart as an SVG file.
  package var svg: String {
    let ys = series.flatMap { $0.y + ($0.band?.low ?? []) + ($0.band?.high ?? []) }
    let longest = series.map(\.name.count).max() ?? 0
    let wide = min(200, 44 + Double(longest) * 7)
    var frame = ChartFrame(
      title: title, xTitle: xTitle, yTitle: yTitle, xRange: ChartFrame.range(of: series.flatMap(\.x)),
      yRange: ChartFrame.range(of: ys, margin: 0.05),
      wholeX: series.allSatisfy { $0.x.allSatisfy { $0 == $0.rounded() } },
      margin: series.count > 1 ? wide + 12 : 24)
    for (index, item) in series.enumerated() { drawBand(item, color: ChartStyle.color(index), in: &frame) }
    for (index, item) in series.enumerated() { drawLine(item, color: ChartStyle.color(index), in: &frame) }
    if series.count > 1 {
      for (index, item) in series.enumerated() {
        let y = frame.top + 8 + Double(index) * 20
        let x = frame.right + 16
        frame.document.line(x1: x, y1: y, x2: x + 18, y2: y, stroke: ChartStyle.color(index), width: 3)
        frame.document.label(item.name, x: x + 25, y: y + 4)
      }
    }
    return frame.document.text
  }

  private func drawBand(_ item: Series, color: String, in frame: inout ChartFrame) {
    guard let band = item.band else { return }
    for run in Self.runs(
      item.x.count, where: { band.low[$0].isFinite && band.high[$0].isFinite && item.x[$0].isFinite })
    {
      let upper = run.map { (x: frame.x(item.x[$0]), y: frame.y(band.high[$0])) }
      let lower = run.reversed().map { (x: frame.x(item.x[$0]), y: frame.y(band.low[$0])) }
      frame.document.polygon(upper + lower, fill: color, opacity: 0.16)
    }
  }

  private func drawLine(_ item: Series, color: String, in frame: inout ChartFrame) {
    for run in Self.runs(item.x.count, where: { item.x[$0].isFinite && item.y[$0].isFinite }) {
      let points = run.map { (x: frame.x(item.x[$0]), y: frame.y(item.y[$0])) }
      if points.count == 1 {
        frame.document.circle(x: points[0].x, y: points[0].y, radius: 3, fill: color)
      } else {
        frame.document.polyline(points, stroke: color)
      }
    }
  }

  /// The longest stretches of indices that pass.
  private static func runs(_ count: Int, where passes: (Int) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start = 0
    for index in 0...count where index == count || !passes(index) {
      if index > start { runs.append(start..<index) }
      start = index + 1
    }
    return runs
  }
}
