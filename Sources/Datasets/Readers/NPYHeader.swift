// SPDX-License-Identifier: Apache-2.0
// Espalier: the header of a NumPy array.

/// What a `.npy` header says: the type, the order and the sizes of an array.
///
/// Source: NumPy Enhancement Proposal 1, *A simple file format for NumPy arrays*; versions 1 to 3.
struct NPYHeader: Equatable {
  /// The type as NumPy writes it, for example `<f4`.
  var type: String
  var fortranOrder: Bool
  var shape: [Int]
  /// Where the numbers begin.
  var offset: Int

  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  init(_ cursor: ByteCursor) throws(FileError) {
    let path = cursor.path
    guard cursor.bytes.starts(with: Self.magic) else {
      throw .format(path: path, expected: "a NumPy array (\\x93NUMPY first)", got: "other bytes")
    }
    let version = Int(try cursor.slice(6, 2, for: "the NPY version").first ?? 0)
    guard (1...3).contains(version) else {
      throw .format(path: path, expected: "NPY version 1, 2 or 3", got: "\(version)")
    }
    let sizeBytes = version == 1 ? 2 : 4
    let length = try cursor.little(8, size: sizeBytes, for: "the NPY header length")
    guard length <= 1 << 20 else {
      throw .format(path: path, expected: "a header of at most 1 MiB", got: "\(length) bytes")
    }
    offset = 8 + sizeBytes + length
    let text = String(decoding: try cursor.slice(8 + sizeBytes, length, for: "the NPY header"), as: UTF8.self)
    guard let type = Self.value(of: "descr", in: text), let order = Self.value(of: "fortran_order", in: text),
      let sizes = Self.value(of: "shape", in: text), order.hasPrefix("True") || order.hasPrefix("False"),
      let shape = Self.shape(sizes)
    else {
      throw .format(
        path: path, expected: "a header with 'descr', 'fortran_order' and 'shape'",
        got: text.isEmpty ? "an empty header" : String(text.prefix(80)))
    }
    guard let quote = type.first, quote == "'" || quote == "\"",
      let name = type.dropFirst().split(separator: quote, omittingEmptySubsequences: false).first
    else {
      throw .format(
        path: path, expected: "an array of one number type", got: "a record array",
        advice: "save plain numbers: np.savez(path, X=X.astype('float32'), y=y)")
    }
    self.type = String(name)
    self.shape = shape
    fortranOrder = order.hasPrefix("True")
  }

  /// The text after `'key':`.
  private static func value(of key: String, in text: String) -> Substring? {
    let units = Array(text.utf8)
    let wanted = Array(key.utf8)
    for quote in [UInt8(ascii: "'"), UInt8(ascii: "\"")] {
      let pattern = [quote] + wanted + [quote]
      guard units.count >= pattern.count else { continue }
      for start in 0...units.count - pattern.count where units[start..<start + pattern.count].elementsEqual(pattern) {
        let rest = text.utf8.dropFirst(start + pattern.count)
        guard let first = rest.first, first == UInt8(ascii: ":") else { continue }
        return Substring(rest.dropFirst().drop { $0 == UInt8(ascii: " ") })
      }
    }
    return nil
  }

  private static func shape(_ text: Substring) -> [Int]? {
    guard text.first == "(" else { return nil }
    guard let end = text.firstIndex(of: ")") else { return nil }
    var shape: [Int] = []
    for part in text[text.index(after: text.startIndex)..<end].split(separator: ",") {
      let digits = part.filter { $0 != " " && $0 != "L" }
      if digits.isEmpty { continue }
      guard let size = Int(digits), size >= 0, shape.count < 32 else { return nil }
      shape.append(size)
    }
    return shape
  }
}
