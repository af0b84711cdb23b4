// SPDX-License-Identifier: Apache-2.0
// Espalier: the IDX files of the MNIST family.

internal import SparseCore

/// IDX: two zero bytes, a type, a number of sizes, the sizes (big-endian, 4 bytes each), the numbers.
///
/// Source: Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*, the file formats.
enum IDXReader {
  /// Whether bytes begin as an IDX file does.
  static func recognises(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 4 && bytes[0] == 0 && bytes[1] == 0 && types[bytes[2]] != nil && (1...8).contains(bytes[3])
  }

  private static let types: [UInt8: NumberType] = [
    0x08: .uint8, 0x09: .int8, 0x0B: .int16, 0x0C: .int32, 0x0D: .float32, 0x0E: .float64,
  ]

  /// The samples of a file; the sizes after the first are those of one sample.
  static func features(_ bytes: [UInt8], path: String, limits: ReadLimits) throws(FileError) -> RawData {
    let (table, shape) = try table(bytes, path: path, limits: limits)
    guard shape.count >= 2 else {
      throw .format(
        path: path, expected: "samples in two or more dimensions", got: "\(shape.count)",
        advice: "this looks like a file of labels; give the file of images or the folder of both")
    }
    let image = shape.count == 3 ? ImageShape(height: shape[1], width: shape[2]) : nil
    return RawData(features: table.matrix(), targets: .none, image: image)
  }

  /// The labels of a file of one dimension.
  static func labels(_ bytes: [UInt8], path: String, limits: ReadLimits) throws(FileError) -> RawTargets {
    let (table, shape) = try table(bytes, path: path, limits: limits)
    guard shape.count == 1 else {
      throw .format(
        path: path, expected: "labels in one dimension", got: "\(shape.count) dimensions",
        advice: "this looks like a file of images")
    }
    guard let labels = table.integers() else {
      throw .format(path: path, expected: "whole numbers as labels", got: "fractions")
    }
    return .integers(labels)
  }

  private static func table(
    _ bytes: [UInt8], path: String, limits: ReadLimits
  ) throws(FileError) -> (NumberTable, shape: [Int]) {
    let cursor = ByteCursor(bytes: bytes, path: path)
    let magic = Array(try cursor.slice(0, 4, for: "the IDX header"))
    guard magic[0] == 0, magic[1] == 0, let type = types[magic[2]], magic[3] >= 1, magic[3] <= 8 else {
      throw .format(
        path: path, expected: "an IDX header (0, 0, a type 8...14, 1 to 8 sizes)",
        got: magic.map { String($0) }.joined(separator: ", "), advice: "is this an IDX file?")
    }
    var shape: [Int] = []
    for dimension in 0..<Int(magic[3]) {
      shape.append(try cursor.big(4 + 4 * dimension, size: 4, for: "the IDX sizes"))
    }
    guard shape.allSatisfy({ $0 > 0 }), let columns = checkedProduct(Array(shape.dropFirst())),
      let elements = checkedProduct(shape), let size = checkedProduct([elements, type.size])
    else {
      throw .format(path: path, expected: "sizes of 1 and more", got: shapeWords(shape), advice: "the file is damaged")
    }
    try limits.check(rows: shape[0], columns: columns, path: path)
    let offset = 4 + 4 * shape.count
    guard bytes.count - offset == size else {
      throw .format(
        path: path, expected: "\(size) bytes for \(shapeWords(shape)) after the header", got: "\(bytes.count - offset)",
        advice: "the file is cut short or damaged; fetch or copy it again")
    }
    let table = NumberTable(
      bytes: bytes, offset: offset, type: type, bigEndian: true, rows: shape[0], columns: columns,
      rowStride: columns, columnOffsets: Array(0..<columns))
    return (table, shape)
  }
}

/// Sizes as people write them: `60000 x 28 x 28`.
func shapeWords(_ shape: [Int]) -> String {
  shape.isEmpty ? "a single number" : shape.map { String($0) }.joined(separator: " x ")
}
