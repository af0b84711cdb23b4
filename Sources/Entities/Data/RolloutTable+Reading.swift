// SPDX-License-Identifier: Apache-2.0
// Espalier: reading rollouts from a table.

public import Datasets

extension RolloutTable {
  /// Reads a CSV or TSV file with a header.
  ///
  /// Rows belong to the episode in the column `episode` and to the step in `t` or `step`; inside an episode they are put in the order
  /// of their steps. Without `episode` a step that does not rise begins a new episode; without steps the rows' order counts. All
  /// other columns that are not asked for are ignored.
  ///
  /// - Parameters:
  ///   - columns: names of variables, where `*` stands for any text ("observation_*") but not for `episode`, `t` and `step`; empty for all but `episode`, `t`, `step`,
  ///     `reward` and `ending`.
  ///   - maximumBytes: the most bytes of the file; the numbers take at most four times as much.
  /// - Throws: `FileError` naming the line and the column.
  /// - Complexity: O(*bytes*).
  public static func read(
    _ path: String, columns: [String] = [], maximumBytes: Int = 1 << 30
  ) throws(FileError) -> RolloutTable {
    try read(bytes: try InputFile.contents(of: path, limit: maximumBytes), path: path, columns: columns)
  }

  /// Reads the contents of a CSV or TSV file; `path` stands in messages.
  public static func read(bytes: [UInt8], path: String, columns: [String] = []) throws(FileError) -> RolloutTable {
    try CSVRecords.rejectOtherEncodings(bytes, path: path)
    var reader = try RolloutReader(bytes, path: path, columns: columns)
    return try reader.table()
  }
}

/// Reads rollouts: a pass for numbers, and another for columns that turn out to hold texts.
private struct RolloutReader {
  private let bytes: [UInt8]
  private let path: String
  private let header: [String]
  private let chosen: [Int]
  private let episodeColumn: Int?
  private let stepColumn: Int?
  private var records: CSVRecords
  private var fields: [CSVRecords.Field] = []
  private let start: CSVRecords

  /// The most different texts of a column.
  private static let mostTexts = 1 << 16

  init(_ bytes: [UInt8], path: String, columns: [String]) throws(FileError) {
    self.bytes = bytes
    self.path = path
    records = CSVRecords(bytes, path: path, separator: CSVRecords.separator(of: bytes))
    guard try records.next(&fields) else {
      throw .format(path: path, expected: "a table with a header", got: "an empty file")
    }
    let first = records
    let names = fields.map { first.text($0) }
    header = names
    if fields.allSatisfy({ FieldText.number(first.slice($0)) != nil }) {
      throw .format(
        path: path, expected: "a header that names the columns in line 1", got: "numbers",
        advice: "begin the file with a line such as episode,t,x,y")
    }
    var seen = Set<String>()
    for name in names where !seen.insert(name).inserted {
      throw .format(path: path, expected: "every column's name once in line 1", got: "'\(name.prefix(40))' again")
    }
    if let strange = names.first(where: { !$0.isPlain }) {
      throw .format(path: path, expected: "columns' names without control characters in line 1", got: "'\(strange)'")
    }
    start = records
    episodeColumn = names.firstIndex(of: "episode")
    stepColumn = names.firstIndex(of: "t") ?? names.firstIndex(of: "step")
    chosen = try Self.chosen(names, columns, path)
  }

  /// The columns that patterns name, in their order; without patterns all that are no bookkeeping.
  private static func chosen(_ names: [String], _ patterns: [String], _ path: String) throws(FileError) -> [Int] {
    let got = "columns " + names.prefix(12).joined(separator: ", ")
    let clocks: Set<String> = ["episode", "t", "step"]
    let reserved = clocks.union(["reward", "ending"])
    var chosen = patterns.isEmpty ? names.indices.filter { !reserved.contains(names[$0]) } : []
    var seen = Set(chosen)
    for pattern in patterns {
      let matches = names.indices.filter {
        names[$0] == pattern
          || pattern.contains("*") && !clocks.contains(names[$0]) && Self.matches(names[$0], pattern)
      }
      guard !matches.isEmpty else {
        throw .format(
          path: path, expected: "a column '\(pattern)'", got: got, advice: Names.advice(for: pattern, among: names))
      }
      for match in matches where seen.insert(match).inserted { chosen.append(match) }
    }
    guard !chosen.isEmpty else { throw .format(path: path, expected: "a column of a variable", got: got) }
    return chosen
  }

  /// Whether a name fits a pattern whose stars stand for any text.
  private static func matches(_ name: String, _ pattern: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    var rest = name[...]
    for (index, part) in parts.enumerated() {
      if index == 0 {
        guard rest.hasPrefix(part) else { return false }
        rest = rest.dropFirst(part.count)
      } else if index == parts.count - 1 {
        return rest.hasSuffix(part)
      } else if let range = rest.firstRange(of: part) {
        rest = rest[range.upperBound...]
      } else if !part.isEmpty {
        return false
      }
    }
    return rest.isEmpty
  }

  mutating func table() throws(FileError) -> RolloutTable {
    var numbers = [[Double]](repeating: [], count: chosen.count)
    var firstTexts = [String](repeating: "", count: chosen.count)
    var order = RolloutOrder(hasEpisodes: episodeColumn != nil, hasSteps: stepColumn != nil)
    while try nextRow() {
      for (index, column) in chosen.enumerated() where firstTexts[index].isEmpty {
        if let value = FieldText.number(records.slice(fields[column])), value.isFinite {
          numbers[index].append(value)
        } else {
          firstTexts[index] = "'\(records.text(fields[column]).prefix(40))' in \(place(column))"
          numbers[index] = []
        }
      }
      try add(to: &order)
    }
    guard order.count > 0 else {
      throw .format(path: path, expected: "at least one line of data", got: "a header only")
    }
    let texts = try texts(firstTexts.indices.filter { !firstTexts[$0].isEmpty })
    let rows = order.finished()
    if let (line, step) = order.repeated {
      throw .format(
        path: path, expected: "every step of an episode once", got: "step \(step) again in line \(line)")
    }
    let columns = chosen.enumerated().map { index, column in
      if let (codes, names) = texts[index] {
        return RolloutColumn(
          header[column], .texts(rows.map { $0.map { codes[$0] } } ?? codes, names: names),
          firstText: firstTexts[index])
      }
      let values = numbers[index]
      return RolloutColumn(header[column], .numbers(rows.map { $0.map { values[$0] } } ?? values), firstText: "")
    }
    return RolloutTable(name: path, columns: columns, episodes: order.episodes, steps: order.steps)
  }

  /// Reads the next row and checks its width.
  private mutating func nextRow() throws(FileError) -> Bool {
    guard try records.next(&fields) else { return false }
    guard fields.count == header.count else {
      throw .format(
        path: path, expected: "\(header.count) fields in line \(records.line), as in the header", got: "\(fields.count)"
      )
    }
    return true
  }

  private func place(_ column: Int) -> String {
    "line \(records.line), column \(column + 1) ('\(header[column].prefix(40))')"
  }

  /// Tells the episode and the step of the current row.
  private func add(to order: inout RolloutOrder) throws(FileError) {
    var step: Int?
    if let stepColumn {
      guard let value = FieldText.number(records.slice(fields[stepColumn])), let whole = Int(exactly: value),
        whole.magnitude < 1 << 53
      else {
        throw .format(
          path: path, expected: "a whole number in \(place(stepColumn))",
          got: "'\(records.text(fields[stepColumn]).prefix(40))'")
      }
      step = whole
    }
    order.add(
      episode: episodeColumn.map { records.slice(fields[$0]) }, step: step, line: records.line)
  }

  /// Columns of texts, as indices into their sorted lists.
  private mutating func texts(_ wanted: [Int]) throws(FileError) -> [Int: ([Int], [String])] {
    guard !wanted.isEmpty else { return [:] }
    var codes = [[Int]](repeating: [], count: wanted.count)
    var known = [[String: Int]](repeating: [:], count: wanted.count)
    records = start
    while try nextRow() {
      for (index, variable) in wanted.enumerated() {
        let text = records.text(fields[chosen[variable]])
        let code = known[index][text] ?? known[index].count
        if code == known[index].count {
          guard text.isPlain else {
            throw .format(
              path: path, expected: "a text without control characters in \(place(chosen[variable]))",
              got: "'\(text.prefix(40))'")
          }
          guard code < Self.mostTexts else {
            throw .format(
              path: path, expected: "at most \(Self.mostTexts) different texts in a column",
              got: "more, up to \(place(chosen[variable]))")
          }
          known[index][text] = code
        }
        codes[index].append(code)
      }
    }
    var result: [Int: ([Int], [String])] = [:]
    for (index, variable) in wanted.enumerated() {
      let sorted = known[index].sorted { $0.key < $1.key }
      var ranks = [Int](repeating: 0, count: sorted.count)
      for (rank, entry) in sorted.enumerated() { ranks[entry.value] = rank }
      result[variable] = (codes[index].map { ranks[$0] }, sorted.map(\.key))
    }
    return result
  }
}
