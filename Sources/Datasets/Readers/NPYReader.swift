// SPDX-License-Identifier: Apache-2.0
// Espalier: NumPy arrays as features and labels.

internal import SparseCore

/// One NumPy array, its sizes checked against the bytes that are there.
struct NPYReader {
  let header: NPYHeader
  let bytes: [UInt8]
  let path: String

  init(_ bytes: [UInt8], path: String) throws(FileError) {
    let cursor = ByteCursor(bytes: bytes, path: path)
    header = try NPYHeader(cursor)
    self.bytes = bytes
    self.path = path
    let size = try elementSize()
    guard let elements = checkedProduct(header.shape), let total = checkedProduct([elements, size]) else {
      throw .format(path: path, expected: "sizes that fit in memory", got: shapeWords(header.shape))
    }
    _ = try cursor.slice(header.offset, total, for: "numbers")
  }

  /// The array as samples `[samples, features]`: the sizes after the first are those of one sample.
  func features(limits: ReadLimits) throws(FileError) -> RawData {
    let shape = header.shape
    guard shape.count >= 2 else {
      throw .format(
        path: path, expected: "features in two or more dimensions [samples, features]", got: shapeWords(shape),
        advice: "reshape it: X.reshape(len(X), -1)")
    }
    return RawData(features: try table(limits: limits).matrix(), targets: .none, image: Self.image(shape))
  }

  /// The array as labels `[samples]` or `[samples, 1]`; for regression `[samples, outputs]` too.
  func targets(regression: Bool, limits: ReadLimits) throws(FileError) -> RawTargets {
    let shape = header.shape
    guard shape.count == 1 || shape.count == 2, shape[0] > 0 else {
      throw .format(path: path, expected: "labels in one dimension", got: shapeWords(shape))
    }
    if regression { return .values(try table(limits: limits).matrix()) }
    guard shape.count == 1 || shape[1] == 1 else {
      throw .format(
        path: path, expected: "one label a sample", got: shapeWords(shape),
        advice: "for one-hot labels save y.argmax(1); for real numbers ask for regression")
    }
    if header.type.dropFirst().hasPrefix("U") || header.type.dropFirst().hasPrefix("S") {
      return .texts(try texts(limits: limits))
    }
    guard let labels = try table(limits: limits).integers() else {
      throw .format(
        path: path, expected: "whole numbers as labels", got: "fractions", advice: "for real numbers ask for regression"
      )
    }
    return .integers(labels)
  }

  func table(limits: ReadLimits) throws(FileError) -> NumberTable {
    guard let type = Self.types[String(header.type.dropFirst())] else { throw unsupported() }
    let shape = header.shape
    let inner = Array(shape.dropFirst())
    guard let columns = checkedProduct(inner), columns > 0, shape[0] > 0 else {
      throw .format(path: path, expected: "sizes of 1 and more", got: shapeWords(shape))
    }
    try limits.check(rows: shape[0], columns: columns, path: path)
    return NumberTable(
      bytes: bytes, offset: header.offset, type: type, bigEndian: header.type.hasPrefix(">"), rows: shape[0],
      columns: columns, rowStride: header.fortranOrder ? 1 : columns,
      columnOffsets: header.fortranOrder
        ? Self.fortranOffsets(rows: shape[0], inner: inner, count: columns) : Array(0..<columns))
  }

  /// Where column `c` of the flattened sample begins when the first index runs fastest.
  private static func fortranOffsets(rows: Int, inner: [Int], count: Int) -> [Int] {
    (0..<count).map { column in
      var rest = column
      var indices: [Int] = []
      for size in inner.reversed() {
        indices.append(rest % size)
        rest /= size
      }
      var stride = rows
      var offset = 0
      for (size, index) in zip(inner, indices.reversed()) {
        offset += index * stride
        stride *= size
      }
      return offset
    }
  }

  /// Fixed-width texts, padded with zeros: `U` has four bytes a character, `S` one.
  private func texts(limits: ReadLimits) throws(FileError) -> [String] {
    let width = try elementSize()
    let wide = header.type.dropFirst().first == "U"
    try limits.check(rows: header.shape[0], columns: 4, path: path)
    let cursor = ByteCursor(bytes: bytes, path: path)
    var texts: [String] = []
    for row in 0..<header.shape[0] {
      var text = String.UnicodeScalarView()
      for position in stride(from: 0, to: width, by: wide ? 4 : 1) {
        let at = header.offset + row * width + position
        let code =
          wide
          ? (header.type.hasPrefix(">")
            ? try cursor.big(at, size: 4, for: "text") : try cursor.little(at, size: 4, for: "text"))
          : Int(bytes[at])
        guard code > 0 else { break }
        text.append(UInt32(exactly: code).flatMap { Unicode.Scalar($0) } ?? "\u{FFFD}")
      }
      texts.append(String(text))
    }
    return texts
  }

  private func elementSize() throws(FileError) -> Int {
    let name = header.type.dropFirst()
    if let type = Self.types[String(name)] { return type.size }
    if let kind = name.first, kind == "U" || kind == "S", let length = Int(name.dropFirst()), length > 0,
      length <= 1 << 16
    {
      return kind == "U" ? 4 * length : length
    }
    throw unsupported()
  }

  private func unsupported() -> FileError {
    let object = header.type.contains("O")
    return .format(
      path: path, expected: "numbers (f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1)",
      got: object ? "Python objects, which only unpickling can read and which may run code" : "'\(header.type)'",
      advice: "save plain numbers: np.savez(path, X=X.astype('float32'), y=y)")
  }

  /// The image that a sample is: `[height, width]`, `[channels, height, width]` or `[height, width, 1]`.
  private static func image(_ shape: [Int]) -> ImageShape? {
    switch shape.count {
    case 3: ImageShape(height: shape[1], width: shape[2])
    case 4 where shape[3] == 1: ImageShape(height: shape[1], width: shape[2])
    case 4 where shape[1] == 1 || shape[1] == 3:
      ImageShape(height: shape[2], width: shape[3], channels: shape[1])
    default: nil
    }
  }

  /// Whether numbers of a type can be read.
  static func reads(_ header: NPYHeader) -> Bool { types[String(header.type.dropFirst())] != nil }

  private static let types: [String: NumberType] = [
    "f2": .float16, "f4": .float32, "f8": .float64, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8,
    "u2": .uint16, "u4": .uint32, "u8": .uint64, "b1": .boolean,
  ]
}
