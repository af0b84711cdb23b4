// SPDX-License-Identifier: Apache-2.0
// Espalier: a run's metrics as CSV.

package import Datasets

/// A CSV file with one line an epoch: the header once, then a number a column.
///
/// Numbers take the shortest form that reads back the same; "nan", "inf" and "-inf" are spelled; a missing one is
/// empty. Each line reaches the system at once. The first column must rise: it is what a resumed run goes by.
package final class MetricsTable {
  package let columns: [String]
  package var path: String { file.path }
  private let file: AppendFile

  /// Opens or begins a table, keeping the whole lines whose first column is at most `last` (all lines when nil).
  ///
  /// - Throws: ``FileError/format(path:expected:got:advice:)`` when the file has another header or a line is not of its
  ///   form.
  package init(_ path: String, columns: [String], keepingThrough last: Double? = nil) throws(FileError) {
    precondition(!columns.isEmpty, "a table needs columns")
    precondition(
      columns.allSatisfy { name in !name.contains { $0 == "," || $0 == "\"" || $0.isNewline } },
      "column names hold no comma, quote or line break: \(columns)")
    self.columns = columns
    let header = columns.joined(separator: ",")
    var lines = [header]
    if Paths.exists(path) {
      let found = try Self.lines(of: path)
      if let first = found.first {
        guard first == header else {
          throw .format(
            path: path, expected: "the header '\(header)'", got: "'\(first)'",
            advice: "it is another run's table; choose another folder")
        }
      }
      for line in found.dropFirst() {
        let row = try Self.row(line, columns: columns.count, path: path)
        if let last, let first = row.first ?? nil, first > last { continue }
        lines.append(line)
      }
    }
    try OutputFile.write(lines.joined(separator: "\n") + "\n", to: path)
    file = try AppendFile(path)
  }

  /// Appends a line, one number a column; nil leaves a cell empty.
  package func append(_ row: [Double?]) throws(FileError) {
    precondition(row.count == columns.count, "\(row.count) numbers for \(columns.count) columns")
    let cells = row.map { $0.map { NumberText.shortest($0) } ?? "" }
    try file.append(Array((cells.joined(separator: ",") + "\n").utf8))
  }

  /// Reads a table back: its columns and rows.
  ///
  /// A line that the end of the file cuts is left out.
  package static func read(_ path: String) throws(FileError) -> (columns: [String], rows: [[Double?]]) {
    let lines = try lines(of: path)
    guard let header = lines.first else {
      throw .format(path: path, expected: "a header line", got: "an empty file")
    }
    let columns = header.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    var rows: [[Double?]] = []
    for line in lines.dropFirst() {
      rows.append(try row(line, columns: columns.count, path: path))
    }
    return (columns, rows)
  }

  private static func lines(of path: String) throws(FileError) -> [String] {
    let bytes = try InputFile.contents(of: path, limit: 1 << 30)
    guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    return bytes[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  private static func row(_ line: String, columns: Int, path: String) throws(FileError) -> [Double?] {
    let cells = line.split(separator: ",", omittingEmptySubsequences: false)
    guard cells.count == columns else {
      throw .format(path: path, expected: "\(columns) columns", got: "\(cells.count) in the line '\(line)'")
    }
    var row: [Double?] = []
    for cell in cells {
      if cell.isEmpty {
        row.append(nil)
      } else if let number = Double(cell) {
        row.append(number)
      } else {
        throw .format(path: path, expected: "a number", got: "'\(cell)' in the line '\(line)'")
      }
    }
    return row
  }
}
