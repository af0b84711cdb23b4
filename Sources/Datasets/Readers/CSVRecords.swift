// SPDX-License-Identifier: Apache-2.0
// Espalier: cutting a table's text into records and fields.

/// The records of a table, one after the other.
///
/// Source: Y. Shafranovich, RFC 4180; lines may end in LF, CRLF or CR, blank lines are skipped.
package struct CSVRecords {
  /// A field: bytes of the file, with its quotes still doubled when `escaped`.
  package struct Field {
    package var range: Range<Int>
    package var escaped = false
  }

  package let bytes: [UInt8]
  package let path: String
  package let separator: UInt8
  /// The line on which the last record began, from 1.
  package private(set) var line = 0
  private var nextLine = 1
  private var offset = 0

  package init(_ bytes: [UInt8], path: String, separator: UInt8) {
    self.bytes = bytes
    self.path = path
    self.separator = separator
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
  }

  /// Reads the next record into `fields`; false at the end.
  package mutating func next(_ fields: inout [Field]) throws(FileError) -> Bool {
    fields.removeAll(keepingCapacity: true)
    while offset < bytes.count, bytes[offset] == 10 || bytes[offset] == 13 { endLine() }
    guard offset < bytes.count else { return false }
    line = nextLine
    while true {
      fields.append(offset < bytes.count && bytes[offset] == UInt8(ascii: "\"") ? try quoted() : plain())
      guard offset < bytes.count else { return true }
      if bytes[offset] == separator {
        offset += 1
        continue
      }
      endLine()
      return true
    }
  }

  /// The bytes of a field.
  package func slice(_ field: Field) -> ArraySlice<UInt8> { bytes[field.range] }

  /// The text of a field, without spaces around it.
  package func text(_ field: Field) -> String {
    guard field.escaped else { return String(decoding: FieldText.trimmed(slice(field)), as: UTF8.self) }
    var units: [UInt8] = []
    var skip = false
    for unit in slice(field) {
      if unit == UInt8(ascii: "\"") && skip {
        skip = false
        continue
      }
      skip = unit == UInt8(ascii: "\"")
      units.append(unit)
    }
    return String(decoding: units, as: UTF8.self)
  }

  private mutating func plain() -> Field {
    let start = offset
    while offset < bytes.count, bytes[offset] != separator, bytes[offset] != 10, bytes[offset] != 13 { offset += 1 }
    return Field(range: start..<offset)
  }

  private mutating func quoted() throws(FileError) -> Field {
    let opened = nextLine
    offset += 1
    var field = Field(range: offset..<offset)
    while offset < bytes.count {
      if bytes[offset] == UInt8(ascii: "\"") {
        if offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "\"") {
          field.escaped = true
          offset += 2
          continue
        }
        field.range = field.range.lowerBound..<offset
        offset += 1
        while offset < bytes.count, bytes[offset] == 32 { offset += 1 }
        if offset < bytes.count, bytes[offset] != separator, bytes[offset] != 10, bytes[offset] != 13 {
          throw .format(
            path: path, expected: "the end of the field after its closing quote in line \(nextLine)",
            got: "more text", advice: "a quote inside a quoted field is written twice")
        }
        return field
      }
      if bytes[offset] == 10 { nextLine += 1 }
      offset += 1
    }
    throw .format(
      path: path, expected: "a closing quote for the field that begins in line \(opened)", got: "the end of the file")
  }

  private mutating func endLine() {
    if bytes[offset] == 13, offset + 1 < bytes.count, bytes[offset + 1] == 10 { offset += 1 }
    offset += 1
    nextLine += 1
  }
}

extension CSVRecords {
  /// The most frequent of tab, semicolon and comma in the first line.
  package static func separator(of bytes: [UInt8]) -> UInt8 {
    let line = bytes.prefix { $0 != 10 && $0 != 13 }
    let candidates = [UInt8(ascii: ","), 9, UInt8(ascii: ";")]
    let counts = candidates.map { candidate in line.count { $0 == candidate } }
    let best = counts.indices.max { (counts[$0], -$0) < (counts[$1], -$1) } ?? 0
    return candidates[best]
  }

  /// Refuses a text of another encoding: two of its names could decode to the same one.
  package static func rejectOtherEncodings(_ bytes: [UInt8], path: String) throws(FileError) {
    guard !bytes.allSatisfy({ $0 < 0x80 }) else { return }
    let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
    guard isUTF16 || String(validating: bytes, as: UTF8.self) == nil else { return }
    throw .format(
      path: path, expected: "text in UTF-8", got: isUTF16 ? "UTF-16" : "bytes that are none",
      advice: "save the table as UTF-8")
  }
}
