// SPDX-License-Identifier: Apache-2.0
// Espalier: tables of text.

/// Lines of cells in aligned columns, two spaces apart; numbers to the right, words to the left.
struct TextTable {
  /// Where a column's cells stand.
  enum Alignment { case left, right }

  private let alignments: [Alignment]
  private var lines: [[String]] = []

  init(_ alignments: [Alignment]) {
    self.alignments = alignments
  }

  /// Adds a line; it may have fewer cells than the table has columns.
  mutating func add(_ cells: [String]) {
    precondition(cells.count <= alignments.count, "\(cells.count) cells for \(alignments.count) columns")
    lines.append(cells)
  }

  /// The table, each line with `indent` before it, without trailing spaces.
  func text(indent: String = "") -> String {
    let widths = alignments.indices.map { column in lines.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
    return lines.map { cells in
      let padded = cells.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return alignments[column] == .right ? space + cell : cell + space
      }
      var line = indent + padded.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}
