// SPDX-License-Identifier: Apache-2.0
// Espalier: what was written, read by plain code.

import Testing

@testable import Datasets

/// Reads arrays of NumPy archives without the readers' rules for data sets.
enum WrittenFiles {
  static func text(_ path: String) throws -> String {
    String(decoding: try InputFile.contents(of: path, limit: 1 << 24), as: UTF8.self)
  }

  /// The names of an archive's arrays.
  static func names(_ path: String) throws -> [String] {
    try ZipArchive(InputFile.contents(of: path, limit: 1 << 24), path: path).members.map {
      String($0.name.dropLast(".npy".count))
    }
  }

  /// The words of an array, as wide as `Word`.
  static func words<Word: FixedWidthInteger>(_ path: String, _ name: String, as: Word.Type) throws -> [Word] {
    let archive = try ZipArchive(InputFile.contents(of: path, limit: 1 << 24), path: path)
    let member = try #require(archive.members.first { $0.name == name + ".npy" }, "\(name)")
    let bytes = try archive.contents(of: member, limit: 1 << 24)
    let start = 10 + Int(bytes[8]) + 256 * Int(bytes[9])
    let width = MemoryLayout<Word>.size
    return stride(from: start, to: bytes.count, by: width).map { offset in
      (0..<width).reduce(Word(0)) { $0 | Word(truncatingIfNeeded: bytes[offset + $1]) << (8 * $1) }
    }
  }

  static func floats(_ path: String, _ name: String) throws -> [Float] {
    try words(path, name, as: UInt32.self).map { Float(bitPattern: $0) }
  }
}

/// A protocol-buffer message, taken apart.
struct Fields {
  private var numbers: [(field: Int, value: UInt64)] = []
  private var contents: [(field: Int, bytes: [UInt8])] = []

  init(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    func varint() throws -> UInt64 {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 64, by: 7) {
        let next = rest.popFirst()
        let byte = try #require(next)
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { break }
      }
      return value
    }
    while !rest.isEmpty {
      let key = try varint()
      switch key & 7 {
      case 0: numbers.append((Int(key >> 3), try varint()))
      case 2:
        let count = Int(try varint())
        try #require(count <= rest.count)
        contents.append((Int(key >> 3), Array(rest.prefix(count))))
        rest = rest.dropFirst(count)
      case 5:
        numbers.append((Int(key >> 3), rest.prefix(4).reversed().reduce(0) { $0 << 8 | UInt64($1) }))
        rest = rest.dropFirst(4)
      default: Issue.record("wire type \(key & 7)")
      }
    }
  }

  func messages(_ field: Int) throws -> [Fields] { try bytes(field).map { try Fields($0) } }
  func bytes(_ field: Int) -> [[UInt8]] { contents.filter { $0.field == field }.map(\.bytes) }
  func texts(_ field: Int) -> [String] { bytes(field).map { String(decoding: $0, as: UTF8.self) } }
  func integers(_ field: Int) -> [Int] { numbers.filter { $0.field == field }.map { Int($0.value) } }
}
