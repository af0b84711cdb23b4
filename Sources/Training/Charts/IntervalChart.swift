// SPDX-License-Identifier: Apache-2.0
// Espalier: means with their intervals, side by side.

internal import Datasets

/// Means over a few settings, a line a method, each with a bar for its interval.
///
/// The settings stand at equal distances, and the lines a little beside one another, so that bars do not hide bars.
package struct IntervalChart: Sendable {
  /// One line.
  package struct Series: Sendable {
    package var name: String
    /// A mean and half of its interval for each setting; nil where there is none.
    package var points: [(mean: Double, halfWidth: Double)?]

    package init(_ name: String, points: [(mean: Double, halfWidth: Double)?]) {
      self.name = name
      self.points = points
    }
  }

  package var title: String
  package var xTitle: String
  package var yTitle: String
  /// What the settings are called, from left to right.
  package var settings: [String]
  package var series: [Series]

  package init(title: String, xTitle: String, yTitle: String, settings: [String], series: [Series]) {
    for item in series {
      precondition(
        item.points.count == settings.count, "\(item.points.count) points for \(settings.count) settings")
    }
    self.title = title
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.settings = settings
    self.series = series
  }

  /// The chart as an SVG file.
  package var svg: String {
    let points = series.flatMap(\.points).compactMap { $0 }
    let longest = series.map(\.name.count).max() ?? 0
    var frame = ChartFrame(
      title: title, xTitle: xTitle, yTitle: yTitle, xRange: -0.5...max(0.5, Double(settings.count) - 0.5),
      yRange: ChartFrame.range(of: points.flatMap { [$0.mean - $0.halfWidth, $0.mean + $0.halfWidth] }, margin: 0.05),
      height: max(400, 116 + 20 * Double(series.count)), verticalGrid: false,
      margin: min(200, 44 + Double(longest) * 7) + 12,
      xMarks: settings.enumerated().map { (Double($0.offset), $0.element) })
    for (index, item) in series.enumerated() { draw(item, index, in: &frame) }
    for (index, item) in series.enumerated() {
      let y = frame.top + 8 + Double(index) * 20
      let x = frame.right + 16
      frame.document.line(x1: x, y1: y, x2: x + 18, y2: y, stroke: ChartStyle.color(index), width: 2)
      mark(x: x + 9, y: y, index, in: &frame)
      frame.document.label(item.name, x: x + 25, y: y + 4)
    }
    return frame.document.text
  }

  /// Where the points of a line stand, beside their setting.
  private func shift(_ index: Int) -> Double {
    min(0.06, 0.6 / Double(max(1, series.count - 1))) * (Double(index) - Double(series.count - 1) / 2)
  }

  private func draw(_ item: Series, _ index: Int, in frame: inout ChartFrame) {
    let color = ChartStyle.color(index)
    var run: [(x: Double, y: Double)] = []
    func finish(_ frame: inout ChartFrame) {
      if run.count > 1 { frame.document.polyline(run, stroke: color, width: 1.5) }
      run = []
    }
    for (setting, point) in item.points.enumerated() {
      guard let point, point.mean.isFinite, point.halfWidth.isFinite else {
        finish(&frame)
        continue
      }
      let x = frame.x(Double(setting) + shift(index))
      let (low, high) = (frame.y(point.mean - point.halfWidth), frame.y(point.mean + point.halfWidth))
      if point.halfWidth > 0 {
        frame.document.line(x1: x, y1: low, x2: x, y2: high, stroke: color)
        for y in [low, high] { frame.document.line(x1: x - 3, y1: y, x2: x + 3, y2: y, stroke: color) }
      }
      mark(x: x, y: frame.y(point.mean), index, in: &frame)
      run.append((x, frame.y(point.mean)))
    }
    finish(&frame)
  }

  /// A dot for the first lines, a square and a diamond for those whose colours come again.
  private func mark(x: Double, y: Double, _ index: Int, in frame: inout ChartFrame) {
    let color = ChartStyle.color(index)
    switch index / ChartStyle.palette.count {
    case 0: frame.document.circle(x: x, y: y, radius: 3.5, fill: color)
    case 1: frame.document.rectangle(x: x - 3.2, y: y - 3.2, width: 6.4, height: 6.4, fill: color)
    default: frame.document.polygon([(x, y - 4.5), (x + 4.5, y), (x, y + 4.5), (x - 4.5, y)], fill: color)
    }
  }
}
