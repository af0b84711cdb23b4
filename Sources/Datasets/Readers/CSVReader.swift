// SPDX-License-Identifier: Apache-2.0
// Espalier: tables in text.

internal import SparseCore

/// CSV and TSV tables: one sample a line, one column of labels, numbers everywhere else.
struct CSVReader {
  let bytes: [UInt8]
  let path: String
  let options: ReadOptions

  func read() throws(FileError) -> RawData {
    try rejectOtherEncodings()
    var records = CSVRecords(bytes, path: path, separator: separator())
    var fields: [CSVRecords.Field] = []
    guard try records.next(&fields) else {
      throw .format(path: path, expected: "a table with at least one line", got: "an empty file")
    }
    let first = fields
    let names = try header(first, records)
    let label = try labelColumn(names: names, width: first.count)
    var more = true
    if names != nil { more = try records.next(&fields) }
    guard more else {
      throw .format(path: path, expected: "at least one line of data", got: "a header only")
    }
    let width = first.count
    let featureColumns = (0..<width).filter { $0 != label }
    guard !featureColumns.isEmpty else {
      throw .format(
        path: path, expected: "at least one column of features", got: "the label column only",
        advice: "fields are parted by commas, semicolons or tabs")
    }
    var values: [Float] = []
    var labels: [String] = []
    var numbers: [Float] = []
    repeat {
      guard fields.count == width else {
        throw .format(
          path: path, expected: "\(width) fields in line \(records.line), as in the first line", got: "\(fields.count)")
      }
      try options.limits.check(rows: values.count / featureColumns.count + 1, columns: featureColumns.count, path: path)
      for column in featureColumns {
        values.append(try number(fields[column], records, column: column, names: names))
      }
      if let label {
        if options.regression {
          numbers.append(try number(fields[label], records, column: label, names: names))
        } else {
          guard !FieldText.isMissing(records.slice(fields[label])) else {
            throw missing("a label", records, label, names)
          }
          labels.append(records.text(fields[label]))
        }
      }
    } while try records.next(&fields)
    let rows = values.count / featureColumns.count
    let targets: RawTargets =
      label == nil
      ? .none
      : options.regression ? .values(Matrix(rows: rows, columns: 1, values: Vector(numbers))) : .texts(labels)
    try rejectRealLabels(targets)
    return RawData(
      features: Matrix(rows: rows, columns: featureColumns.count, values: Vector(values)), targets: targets,
      featureNames: names.map { names in featureColumns.map { names[$0] } } ?? [])
  }

  /// A text of another encoding: two of its class names could decode to the same one.
  private func rejectOtherEncodings() throws(FileError) {
    guard !bytes.allSatisfy({ $0 < 0x80 }) else { return }
    let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
    guard isUTF16 || String(validating: bytes, as: UTF8.self) == nil else { return }
    throw .format(
      path: path, expected: "text in UTF-8", got: isUTF16 ? "UTF-16" : "bytes that are none",
      advice: "save the table as UTF-8")
  }

  /// Many different fractions are no classes: most likely regression was meant.
  private func rejectRealLabels(_ targets: RawTargets) throws(FileError) {
    guard case .texts(let labels) = targets, labels.count >= 20, Set(labels).count > labels.count / 2,
      let fraction = labels.first(where: { $0.contains(".") && Double($0) != nil })
    else { return }
    guard labels.allSatisfy({ Double($0) != nil }) else { return }
    throw .format(
      path: path, expected: "a column of classes as labels", got: "real numbers such as \(fraction)",
      advice: "name the label column with --label, or learn numbers with --regression")
  }

  private func number(
    _ field: CSVRecords.Field, _ records: CSVRecords, column: Int, names: [String]?
  ) throws(FileError) -> Float {
    let slice = records.slice(field)
    if let value = FieldText.number(slice), value.isFinite { return Float(value) }
    if FieldText.isMissing(slice) { throw missing("a number", records, column, names) }
    throw .format(
      path: path, expected: "a number in \(place(records, column, names))",
      got: "'\(String(records.text(field).prefix(40)))'",
      advice: "write categories as numbers, or choose this column as the label")
  }

  private func missing(_ what: String, _ records: CSVRecords, _ column: Int, _ names: [String]?) -> FileError {
    .format(
      path: path, expected: "\(what) in \(place(records, column, names))", got: "a missing value",
      advice: "fill it in, or remove the line")
  }

  private func place(_ records: CSVRecords, _ column: Int, _ names: [String]?) -> String {
    "line \(records.line), column \(column + 1)" + (names.map { " ('\($0[column])')" } ?? "")
  }

  /// The column names when the first line has them.
  private func header(_ first: [CSVRecords.Field], _ records: CSVRecords) throws(FileError) -> [String]? {
    let isHeader: Bool
    switch options.header {
    case .present: isHeader = true
    case .absent: isHeader = false
    case .detect:
      let isText = first.map { FieldText.number(records.slice($0)) == nil }
      var following = records
      var second: [CSVRecords.Field] = []
      let hasSecond = try following.next(&second) && second.count == first.count
      let changes = zip(isText, second).contains { $0 && FieldText.number(records.slice($1)) != nil }
      isHeader = isText.contains(true) && (isText.allSatisfy { $0 } || hasSecond && changes)
    }
    return isHeader ? first.map { records.text($0) } : nil
  }

  private func labelColumn(names: [String]?, width: Int) throws(FileError) -> Int? {
    switch options.label {
    case .none: return nil
    case .automatic:
      let usual: Set<String> = ["label", "class", "target", "y"]
      return names?.firstIndex { usual.contains($0.lowercased()) } ?? width - 1
    case .index(let index):
      let column = index < 0 ? width + index : index
      guard column >= 0, column < width else {
        throw .format(
          path: path, expected: "a label column from \(-width) to \(width - 1)", got: "\(index)",
          advice: "columns count from 0, negative ones from the end")
      }
      return column
    case .name(let name):
      guard let names else {
        throw .format(
          path: path, expected: "a header with a column '\(name)'", got: "no header",
          advice: "give the label column's position instead, -1 for the last")
      }
      guard let column = names.firstIndex(of: name) else {
        throw .format(
          path: path, expected: "a column '\(name)'", got: "columns " + names.prefix(12).joined(separator: ", "),
          advice: Names.advice(for: name, among: names))
      }
      return column
    }
  }

  /// The separator asked for, else the most frequent of tab, semicolon and comma in the first line.
  private func separator() -> UInt8 {
    if let asked = options.separator?.asciiValue { return asked }
    let line = bytes.prefix { $0 != 10 && $0 != 13 }
    let candidates = [UInt8(ascii: ","), 9, UInt8(ascii: ";")]
    let counts = candidates.map { candidate in line.count { $0 == candidate } }
    let best = counts.indices.max { (counts[$0], -$0) < (counts[$1], -$1) } ?? 0
    return candidates[best]
  }
}
