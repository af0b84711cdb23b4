// SPDX-License-Identifier: Apache-2.0
// Espalier: reading safetensors.

package import Datasets

/// What the header says of one tensor.
package struct TensorInfo: Sendable, Equatable {
  package let name: String
  /// The element type as written, perhaps one we do not know.
  package let typeName: String
  package let shape: [Int]
  /// Where its bytes lie after the header.
  package let range: Range<Int>

  /// The element type, nil for one we do not know.
  package var type: TensorType? { TensorType(rawValue: typeName) }
  /// The number of elements, the product of the shape.
  package let count: Int
}

/// A safetensors file open for reading.
///
/// Opening reads and checks the header alone: at most 100 MB of JSON; tensors follow one another without gaps or
/// overlaps and end with the file; each size agrees with its type and shape. So a tensor can never ask for more memory
/// than the file has bytes. Tensors of unknown type are listed and refused only when read.
package struct SafetensorsFile {
  package let path: String
  /// The free texts of `__metadata__`, in the file's order.
  package let metadata: [(key: String, value: String)]
  /// The tensors in the order of their bytes.
  package let tensors: [TensorInfo]
  let source: ByteSource
  let bodyStart: Int
  private let positions: [String: Int]

  /// The most bytes a header may have.
  package static let headerLimit = 100_000_000

  /// Opens a file and checks its header.
  package init(_ path: String) throws(FileError) {
    try self.init(path: path, source: .file(try InputFile(path)))
  }

  /// Takes a file's bytes from memory; `path` is for messages.
  package init(bytes: [UInt8], path: String = "memory") throws(FileError) {
    try self.init(path: path, source: .memory(bytes, path: path))
  }

  private init(path: String, source: ByteSource) throws(FileError) {
    guard source.size >= 8 else {
      throw .format(
        path: path, expected: "a safetensors file", got: "\(source.size) bytes",
        advice: "a header of at least 8 bytes is missing")
    }
    let length = LittleEndian.word64(try source.bytes(8, at: 0))
    guard length <= UInt64(Self.headerLimit) else {
      throw .format(
        path: path, expected: "a safetensors header of at most \(Self.headerLimit) bytes", got: "\(length)",
        advice: "this is probably another kind of file")
    }
    guard Int(length) <= source.size - 8 else {
      throw .format(
        path: path, expected: "a header of \(length) bytes", got: "\(source.size - 8) bytes",
        advice: "the file is cut short")
    }
    let text = try source.bytes(Int(length), at: 8)
    let header = try SafetensorsHeader(text, path: path, bodySize: source.size - 8 - Int(length))
    self.path = path
    self.source = source
    bodyStart = 8 + Int(length)
    metadata = header.metadata
    tensors = header.tensors
    var positions: [String: Int] = [:]
    for (index, tensor) in header.tensors.enumerated() { positions[tensor.name] = index }
    self.positions = positions
  }

  /// What the header says of a tensor, nil when it has none of this name.
  package func info(_ name: String) -> TensorInfo? {
    positions[name].map { tensors[$0] }
  }

  /// The text of a metadata key, nil when there is none.
  package func metadata(_ key: String) -> String? {
    metadata.first { $0.key == key }?.value
  }
}

/// Where bytes come from.
enum ByteSource {
  case file(InputFile)
  case memory([UInt8], path: String)

  var size: Int {
    switch self {
    case .file(let file): file.size
    case .memory(let bytes, _): bytes.count
    }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    switch self {
    case .file(let file): try file.read(into: buffer, at: offset)
    case .memory(let bytes, let path):
      guard offset >= 0, offset <= bytes.count, buffer.count <= bytes.count - offset else {
        throw .format(path: path, expected: "\(buffer.count) bytes at \(offset)", got: "\(bytes.count) bytes in all")
      }
      bytes.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[offset..<offset + buffer.count])) }
    }
  }

  func bytes(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    switch self {
    case .file(let file): return try file.bytes(count, at: offset)
    case .memory(let bytes, let path):
      guard offset >= 0, offset <= bytes.count, count >= 0, count <= bytes.count - offset else {
        throw .format(path: path, expected: "\(count) bytes at \(offset)", got: "\(bytes.count) bytes in all")
      }
      return Array(bytes[offset..<offset + count])
    }
  }
}
