// SPDX-License-Identifier: Apache-2.0
// Espalier: title, axes and legend around a plot.

internal import Datasets

/// The plot area of a chart and the axes that map numbers into it.
struct ChartFrame {
  var document: SVGDocument
  let left: Double
  let top: Double
  let right: Double
  let bottom: Double
  let xRange: ClosedRange<Double>
  let yRange: ClosedRange<Double>

  /// Draws the title, the grid, the axes' marks and names; `xMarks` stand in place of round numbers.
  init(
    title: String, xTitle: String, yTitle: String, xRange: ClosedRange<Double>, yRange: ClosedRange<Double>,
    width: Double = 720, height: Double = 400, wholeX: Bool = false, wholeY: Bool = false, verticalGrid: Bool = true,
    margin: Double = 24, xMarks: [(value: Double, text: String)]? = nil
  ) {
    document = SVGDocument(width: width, height: height, title: title)
    let yTicks = AxisTicks(from: yRange.lowerBound, to: yRange.upperBound, wanted: 5, whole: wholeY)
    let widest = yTicks.labels.map(\.count).max() ?? 0
    left = 44 + Double(widest) * 7
    top = 52
    right = width - margin
    bottom = height - 54
    self.xRange = xRange
    self.yRange = yRange
    document.label(title, x: left, y: 30, size: 16, bold: true)
    for (value, text) in zip(yTicks.values, yTicks.labels) {
      let y = self.y(value)
      document.line(x1: left, y1: y, x2: right, y2: y, stroke: ChartStyle.grid)
      document.label(text, x: left - 8, y: y + 4, anchor: .end, fill: ChartStyle.quiet)
    }
    let xTicks = AxisTicks(from: xRange.lowerBound, to: xRange.upperBound, wanted: 8, whole: wholeX)
    for (value, text) in xMarks ?? zip(xTicks.values, xTicks.labels).map({ ($0, $1) }) {
      let x = self.x(value)
      if verticalGrid { document.line(x1: x, y1: top, x2: x, y2: bottom, stroke: ChartStyle.grid) }
      document.line(x1: x, y1: bottom, x2: x, y2: bottom + 5, stroke: ChartStyle.axis)
      document.label(text, x: x, y: bottom + 20, anchor: .middle, fill: ChartStyle.quiet)
    }
    document.line(x1: left, y1: bottom, x2: right, y2: bottom, stroke: ChartStyle.axis)
    document.label(xTitle, x: (left + right) / 2, y: height - 12, size: 13, anchor: .middle)
    document.label(yTitle, x: 20, y: (top + bottom) / 2, size: 13, anchor: .middle, turned: true)
  }

  func x(_ value: Double) -> Double {
    left + (value - xRange.lowerBound) / (xRange.upperBound - xRange.lowerBound) * (right - left)
  }

  func y(_ value: Double) -> Double {
    bottom - (value - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound) * (bottom - top)
  }

  /// The range of finite numbers, widened where it has no width.
  static func range(of values: some Sequence<Double>, including extra: [Double] = [], margin: Double = 0)
    -> ClosedRange<Double>
  {
    var low = Double.infinity
    var high = -Double.infinity
    for value in extra where value.isFinite {
      (low, high) = (min(low, value), max(high, value))
    }
    for value in values where value.isFinite {
      (low, high) = (min(low, value), max(high, value))
    }
    guard low <= high else { return 0...1 }
    if low == high {
      let pad = max(low.magnitude * 0.1, 0.5)
      return (low - pad)...(high + pad)
    }
    let pad = (high - low) * margin
    return (low - pad)...(high + pad)
  }
}
