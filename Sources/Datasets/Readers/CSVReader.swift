// SPDX-License-Identifier: Apache-2.0
// Espalier: tables in text.

internal import SparseCore

/// CSV and TSV tables: one sample a line, one column of labels, numbers everywhere else.
struct CSVReader {
  let bytes: [UInt8]
  let path: String
  let options: ReadOptions

  func read() throws(FileError) -> RawData {
    try CSVRecords.rejectOtherEncodings(bytes, path: path)
    let separator = options.separator?.asciiValue ?? CSVRecords.separator(of: bytes)
    var records = CSVRecords(bytes, path: path, separator: separator)
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
}
