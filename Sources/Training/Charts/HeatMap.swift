// SPDX-License-Identifier: Apache-2.0
// Espalier: a grid of values as colours.

internal import Datasets

/// A grid of values as colours, such as the connections of each pixel of the input image.
package struct HeatMap: Sendable {
  package var title: String
  /// What the values count, beside the colour scale.
  package var unit: String
  package let rows: Int
  package let columns: Int
  /// The values `[rows, columns]`, row after row.
  package var values: [Double]

  package init(title: String, unit: String, rows: Int, columns: Int, values: [Double]) {
    precondition(rows > 0 && columns > 0, "a grid of \(rows) x \(columns)")
    precondition(values.count == rows * columns, "\(values.count) values for \(rows) x \(columns)")
    self.title = title
    self.unit = unit
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// The chart as an SVG file.
  ///
  /// Values that are not finite are left blank.
  package var svg: String {
    let range = ChartFrame.range(of: values, including: values.contains { $0 < 0 } ? [] : [0])
    let cell = 400 / Double(max(rows, columns))
    let (left, top) = (28.0, 52.0)
    let (plotWidth, plotHeight) = (cell * Double(columns), cell * Double(rows))
    let barHeight = max(plotHeight, 120)
    let width = max(left + plotWidth + 130, left + Double(title.count) * 9 + 20)
    var document = SVGDocument(width: width, height: top + barHeight + 28, title: title)
    document.label(title, x: left, y: 30, size: 16, bold: true)
    let gap = cell > 6 ? 1.0 : 0
    for row in 0..<rows {
      for column in 0..<columns {
        let value = values[row * columns + column]
        guard value.isFinite else { continue }
        let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        document.rectangle(
          x: left + cell * Double(column), y: top + cell * Double(row), width: cell - gap, height: cell - gap,
          fill: ChartStyle.scale(share),
          tooltip: "row \(row), column \(column): \(NumberText.significant(value, digits: 5))")
      }
    }
    drawScale(range, x: left + plotWidth + 24, top: top, height: barHeight, in: &document)
    return document.text
  }

  private func drawScale(
    _ range: ClosedRange<Double>, x: Double, top: Double, height: Double, in document: inout SVGDocument
  ) {
    let steps = 48
    for step in 0..<steps {
      let y = top + height * Double(step) / Double(steps)
      document.rectangle(
        x: x, y: y, width: 14, height: height / Double(steps) + 0.3,
        fill: ChartStyle.scale(1 - (Double(step) + 0.5) / Double(steps)))
    }
    let ticks = AxisTicks(from: range.lowerBound, to: range.upperBound, wanted: 5)
    for (value, label) in zip(ticks.values, ticks.labels) {
      let y = top + height * (1 - (value - range.lowerBound) / (range.upperBound - range.lowerBound))
      document.line(x1: x + 14, y1: y, x2: x + 18, y2: y, stroke: ChartStyle.axis)
      document.label(label, x: x + 22, y: y + 4, fill: ChartStyle.quiet)
    }
    let widest = ticks.labels.map(\.count).max() ?? 0
    document.label(unit, x: x + 46 + Double(widest) * 7, y: top + height / 2, anchor: .middle, turned: true)
  }
}
