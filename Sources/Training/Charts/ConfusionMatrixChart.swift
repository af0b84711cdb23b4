// SPDX-License-Identifier: Apache-2.0
// Espalier: which classes are taken for which.

internal import Datasets

/// How often each class was taken for each: rows are the true classes, columns the predicted ones.
///
/// Colours show shares of a row, so that rare classes are as readable as common ones; numbers are counts.
package struct ConfusionMatrixChart: Sendable {
  package var title: String
  package var classes: [String]
  /// The counts `[true class, predicted class]`, row after row.
  package var counts: [Int]

  package init(title: String, classes: [String], counts: [Int]) {
    precondition(
      !classes.isEmpty && counts.count == classes.count * classes.count,
      "\(counts.count) counts for \(classes.count) classes")
    self.title = title
    self.classes = classes
    self.counts = counts
  }

  /// The chart as an SVG file.
  package var svg: String {
    let count = classes.count
    let cell = count <= 12 ? 44.0 : max(10, 528 / Double(count))
    let labels = classes.map { $0.count > 14 ? String($0.prefix(13)) + "…" : $0 }
    let longest = Double(labels.map(\.count).max() ?? 0)
    let turned = longest * 7 > cell
    let left = 52 + longest * 7
    let top = 78 + (turned ? longest * 7 : 14)
    let side = cell * Double(count)
    let width = max(left + side + 28, left + Double(title.count) * 9 + 20)
    var document = SVGDocument(width: width, height: top + side + 24, title: title)
    document.label(title, x: left, y: 30, size: 16, bold: true)
    document.label("predicted", x: left + side / 2, y: 58, size: 13, anchor: .middle)
    document.label("true", x: 22, y: top + side / 2, size: 13, anchor: .middle, turned: true)
    let size = min(12, cell * 0.8)
    for (index, label) in labels.enumerated() {
      let middle = cell * (Double(index) + 0.5)
      document.label(
        label, x: left - 8, y: top + middle + size * 0.35, size: size, anchor: .end, fill: ChartStyle.quiet)
      document.label(
        label, x: left + middle + (turned ? size * 0.35 : 0), y: top - 8, size: size,
        anchor: turned ? .start : .middle, fill: ChartStyle.quiet, turned: turned)
    }
    for row in 0..<count {
      let counts = counts[row * count..<(row + 1) * count]
      let total = counts.reduce(0, +)
      for (column, value) in counts.enumerated() {
        let share = total > 0 ? Double(value) / Double(total) : 0
        let (x, y) = (left + cell * Double(column), top + cell * Double(row))
        document.rectangle(
          x: x, y: y, width: cell - 1, height: cell - 1, fill: ChartStyle.scale(share),
          tooltip: "\(classes[row]) taken for \(classes[column]): \(value) of \(total)")
        let text = NumberText.grouped(value)
        if value > 0 && cell >= 24 {
          document.label(
            text, x: x + cell / 2, y: y + cell / 2 + 4, size: min(12, cell * 1.4 / Double(text.count)),
            anchor: .middle, fill: share > 0.45 ? ChartStyle.background : ChartStyle.ink)
        }
      }
    }
    return document.text
  }
}
