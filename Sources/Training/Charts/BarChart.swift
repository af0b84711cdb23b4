// SPDX-License-Identifier: Apache-2.0
// Espalier: bars, for how often something occurs.

internal import Datasets

/// Bars side by side over a number line, such as how many neurons have each degree.
package struct BarChart: Sendable {
  package var title: String
  package var xTitle: String
  package var yTitle: String
  /// The edges of the bars, rising, one more than bars.
  package var edges: [Double]
  package var heights: [Double]
  private var whole = false

  package init(title: String, xTitle: String, yTitle: String, edges: [Double], heights: [Double]) {
    precondition(edges.count == heights.count + 1, "\(edges.count) edges for \(heights.count) bars")
    self.title = title
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.edges = edges
    self.heights = heights
  }

  /// Counts whole numbers, one bar a number, or one a few numbers when they would be more than `limit` bars.
  package init(title: String, xTitle: String, yTitle: String, counting values: [Int], limit: Int = 60) {
    let low = values.min() ?? 0
    let high = values.max() ?? 0
    let step = (high - low) / limit + 1
    var heights = [Double](repeating: 0, count: (high - low) / step + 1)
    for value in values { heights[(value - low) / step] += 1 }
    let edges = (0...heights.count).map { Double(low + $0 * step) - 0.5 }
    self.init(title: title, xTitle: xTitle, yTitle: yTitle, edges: edges, heights: values.isEmpty ? [0] : heights)
    whole = true
  }

  /// Draws a histogram's buckets.
  package init(title: String, xTitle: String, yTitle: String, histogram: HistogramSummary) {
    var edges = [histogram.minimum] + histogram.limits
    if edges.count == 2 && edges[0] == edges[1] { edges = [edges[0] - 0.5, edges[0] + 0.5] }
    self.init(
      title: title, xTitle: xTitle, yTitle: yTitle, edges: edges.count < 2 ? [0, 1] : edges,
      heights: histogram.counts.isEmpty ? [0] : histogram.counts)
  }

  /// The chart as an SVG file.
  package var svg: String {
    let highest = ChartFrame.range(of: heights, including: [0, 1]).upperBound
    var frame = ChartFrame(
      title: title, xTitle: xTitle, yTitle: yTitle, xRange: ChartFrame.range(of: edges),
      yRange: 0...highest * 1.06, wholeX: whole,
      wholeY: heights.allSatisfy { $0 == $0.rounded() }, verticalGrid: false)
    for (index, height) in heights.enumerated() where height > 0 && height.isFinite {
      let left = frame.x(edges[index])
      let right = frame.x(edges[index + 1])
      let gap = min(2, (right - left) * 0.12)
      let y = frame.y(height)
      let from = NumberText.significant(whole ? edges[index] + 0.5 : edges[index], digits: 4)
      let to = NumberText.significant(whole ? edges[index + 1] - 0.5 : edges[index + 1], digits: 4)
      frame.document.rectangle(
        x: left + gap / 2, y: y, width: right - left - gap, height: frame.bottom - y, fill: ChartStyle.color(0),
        tooltip: (from == to ? from : "\(from) to \(to)") + ": \(NumberText.significant(height, digits: 6))")
    }
    return frame.document.text
  }
}
