// SPDX-License-Identifier: Apache-2.0
// Espalier: LIBSVM's sparse text.

internal import SparseCore

/// Lines of `label index:value index:value ...`, indices rising from 1, comments after `#`.
///
/// Source: C.-C. Chang, C.-J. Lin, *LIBSVM: a library for support vector machines*, ACM TIST 2011, its data format.
struct LIBSVMReader {
  let bytes: [UInt8]
  let path: String
  let options: ReadOptions

  /// Whether a line looks like one of this format: a number, then `index:value`.
  static func recognises(_ line: ArraySlice<UInt8>) -> Bool {
    let parts = line.split(separator: 32, maxSplits: 2)
    guard parts.count >= 2, FieldText.number(parts[0]) != nil else { return false }
    let pair = parts[1].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    return pair.count == 2 && FieldText.integer(pair[0]) != nil && FieldText.number(pair[1]) != nil
  }

  func read() throws(FileError) -> RawData {
    var rows = 0
    var columns = 0
    try eachLine { (line, parts) throws(FileError) in
      rows += 1
      var last = 0
      for part in parts.dropFirst() {
        let (index, _) = try pair(part, line)
        guard index > last else {
          throw .format(
            path: path, expected: "indices that rise from 1 in line \(line)", got: "\(index) after \(last)",
            advice: index == 0 ? "add 1 to every index" : "")
        }
        last = index
      }
      columns = max(columns, last)
    }
    if let wanted = options.featureCount {
      guard columns <= wanted else {
        throw .format(path: path, expected: "indices up to \(wanted)", got: "\(columns)")
      }
      columns = wanted
    }
    guard rows > 0, columns > 0 else {
      throw .format(path: path, expected: "lines of 'label index:value ...'", got: "\(rows) samples without features")
    }
    try options.limits.check(rows: rows, columns: columns, path: path)
    return try fill(rows: rows, columns: columns)
  }

  private func fill(rows: Int, columns: Int) throws(FileError) -> RawData {
    var features = Matrix(rows: rows, columns: columns)
    var labels: [Double] = []
    labels.reserveCapacity(rows)
    try eachLine { (line, parts) throws(FileError) in
      guard let first = parts.first, let label = FieldText.number(first), label.isFinite else {
        throw .format(
          path: path, expected: "a number as the label in line \(line)",
          got: "'\(String(decoding: (parts.first ?? []).prefix(40), as: UTF8.self))'",
          advice: "several labels a sample are not supported")
      }
      for part in parts.dropFirst() {
        let (index, value) = try pair(part, line)
        features[labels.count, index - 1] = Float(value)
      }
      labels.append(label)
    }
    guard options.label != .none else { return RawData(features: features, targets: .none) }
    if options.regression {
      let values = Vector(labels.map { Float($0) })
      return RawData(features: features, targets: .values(Matrix(rows: rows, columns: 1, values: values)))
    }
    let integers = labels.compactMap { Int64(exactly: $0) }
    guard integers.count == labels.count else {
      throw .format(
        path: path, expected: "whole numbers as labels", got: "fractions", advice: "for real numbers ask for regression"
      )
    }
    return RawData(features: features, targets: .integers(integers))
  }

  private func pair(_ part: ArraySlice<UInt8>, _ line: Int) throws(FileError) -> (index: Int, value: Double) {
    let halves = part.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2, let index = FieldText.integer(halves[0]), index >= 0, index <= Int(Int32.max),
      let value = FieldText.number(halves[1]), value.isFinite
    else {
      throw .format(
        path: path, expected: "'index:value' in line \(line)",
        got: "'\(String(decoding: part.prefix(40), as: UTF8.self))'")
    }
    return (index, value)
  }

  /// Visits the parts of every line that has any, comments cut off.
  private func eachLine(
    _ visit: (_ line: Int, _ parts: [ArraySlice<UInt8>]) throws(FileError) -> Void
  ) throws(FileError) {
    var line = 0
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count && bytes[end] != 10 { end += 1 }
      line += 1
      let text = bytes[start..<end].prefix { $0 != UInt8(ascii: "#") }
      let parts = text.split { $0 == 32 || $0 == 9 || $0 == 13 }
      if !parts.isEmpty { try visit(line, parts) }
      start = end + 1
    }
  }
}
