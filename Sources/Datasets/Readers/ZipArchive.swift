// SPDX-License-Identifier: Apache-2.0
// Espalier: the members of a zip archive.

/// The members of a zip archive in memory: stored and deflated, with zip64 sizes.
///
/// Source: PKWARE, *.ZIP file format specification* 6.3.10, sections 4.3 and 4.5.3.
struct ZipArchive {
  /// One member as the central directory lists it.
  struct Member: Equatable {
    var name: String
    var method: Int
    var checksum: UInt32
    var packedSize: Int
    var size: Int
    var headerOffset: Int
  }

  let members: [Member]
  private let cursor: ByteCursor

  static let magic: [UInt8] = [0x50, 0x4B]

  init(_ bytes: [UInt8], path: String) throws(FileError) {
    cursor = ByteCursor(bytes: bytes, path: path)
    let (start, count) = try Self.directory(cursor)
    var members: [Member] = []
    var offset = start
    for _ in 0..<count {
      guard try cursor.little(offset, size: 4, for: "the zip directory") == 0x0201_4b50 else {
        throw .format(path: path, expected: "a zip directory entry at offset \(offset)", got: "other bytes")
      }
      let nameLength = try cursor.little(offset + 28, size: 2, for: "the zip directory")
      let extraLength = try cursor.little(offset + 30, size: 2, for: "the zip directory")
      let commentLength = try cursor.little(offset + 32, size: 2, for: "the zip directory")
      let flags = try cursor.little(offset + 8, size: 2, for: "the zip directory")
      let name = String(decoding: try cursor.slice(offset + 46, nameLength, for: "a member's name"), as: UTF8.self)
      guard flags & 1 == 0 else {
        throw .format(path: path, expected: "members without encryption", got: "'\(name)' is encrypted")
      }
      var member = Member(
        name: name, method: try cursor.little(offset + 10, size: 2, for: "the zip directory"),
        checksum: UInt32(try cursor.little(offset + 16, size: 4, for: "the zip directory")),
        packedSize: try cursor.little(offset + 20, size: 4, for: "the zip directory"),
        size: try cursor.little(offset + 24, size: 4, for: "the zip directory"),
        headerOffset: try cursor.little(offset + 42, size: 4, for: "the zip directory"))
      try Self.widen(&member, cursor, extra: offset + 46 + nameLength, length: extraLength)
      members.append(member)
      offset += 46 + nameLength + extraLength + commentLength
    }
    self.members = members
  }

  /// A member's contents, at most `limit` bytes, its checksum verified.
  func contents(of member: Member, limit: Int) throws(FileError) -> [UInt8] {
    let path = "\(cursor.path)/\(member.name)"
    guard member.size <= limit else { throw .tooLarge(path: path, limit: limit, got: member.size) }
    let header = member.headerOffset
    guard try cursor.little(header, size: 4, for: "a member's header") == 0x0403_4b50, header <= cursor.bytes.count
    else { throw .format(path: path, expected: "a member's header at offset \(header)", got: "other bytes") }
    let nameLength = try cursor.little(header + 26, size: 2, for: "a member's header")
    let extraLength = try cursor.little(header + 28, size: 2, for: "a member's header")
    let packed = try cursor.slice(header + 30 + nameLength + extraLength, member.packedSize, for: "a member's data")
    let bytes: [UInt8]
    switch member.method {
    case 0:
      guard member.packedSize == member.size else {
        throw .format(path: path, expected: "\(member.size) stored bytes", got: "\(member.packedSize)")
      }
      bytes = Array(packed)
    case 8: bytes = try Gzip.inflateRaw(packed, size: member.size, path: path)
    default:
      throw .format(
        path: path, expected: "a stored or deflated member", got: "compression method \(member.method)",
        advice: "write it with np.savez or np.savez_compressed")
    }
    let checksum = bytes.withUnsafeBytes { Gzip.checksum($0) }
    guard checksum == member.checksum else {
      throw .format(
        path: path, expected: "checksum \(member.checksum)", got: "\(checksum)",
        advice: "the file is damaged; fetch or copy it again")
    }
    return bytes
  }

  /// Where the central directory begins, and how many members it lists.
  private static func directory(_ cursor: ByteCursor) throws(FileError) -> (start: Int, count: Int) {
    let bytes = cursor.bytes
    var end = bytes.count - 22
    let last = max(0, end - 65_535)
    while end >= last && end >= 0 {
      if bytes[end] == 0x50, bytes[end + 1] == 0x4B, bytes[end + 2] == 5, bytes[end + 3] == 6 { break }
      end -= 1
    }
    guard end >= last, end >= 0 else {
      throw .format(
        path: cursor.path, expected: "a zip archive with its directory at the end", got: "no directory",
        advice: "the file is cut short; fetch or copy it again")
    }
    var count = try cursor.little(end + 10, size: 2, for: "the zip directory")
    var start = try cursor.little(end + 16, size: 4, for: "the zip directory")
    if count == 0xffff || start == 0xffff_ffff, end >= 20, bytes[end - 20..<end - 16].elementsEqual([0x50, 0x4B, 6, 7])
    {
      let wide = try cursor.little(end - 12, size: 8, for: "the zip64 directory")
      guard wide <= bytes.count - 56, bytes[wide..<wide + 4].elementsEqual([0x50, 0x4B, 6, 6]) else {
        throw .format(path: cursor.path, expected: "a zip64 directory at offset \(wide)", got: "other bytes")
      }
      count = try cursor.little(wide + 32, size: 8, for: "the zip64 directory")
      start = try cursor.little(wide + 48, size: 8, for: "the zip64 directory")
    }
    guard start <= end, count <= (end - start) / 46 else {
      throw .format(
        path: cursor.path, expected: "a zip directory inside the file", got: "\(count) members at offset \(start)",
        advice: "the file is damaged; fetch or copy it again")
    }
    return (start, count)
  }

  /// Takes the 64-bit sizes from a member's zip64 field where its 32-bit ones are full.
  private static func widen(
    _ member: inout Member, _ cursor: ByteCursor, extra: Int, length: Int
  ) throws(FileError) {
    let full = 0xffff_ffff
    guard member.size == full || member.packedSize == full || member.headerOffset == full else { return }
    var offset = extra
    while offset + 4 <= extra + length {
      let kind = try cursor.little(offset, size: 2, for: "a zip field")
      let size = try cursor.little(offset + 2, size: 2, for: "a zip field")
      if kind == 1 {
        var at = offset + 4
        for path in [\Member.size, \Member.packedSize, \Member.headerOffset] where member[keyPath: path] == full {
          member[keyPath: path] = try cursor.little(at, size: 8, for: "a zip64 size")
          at += 8
        }
        return
      }
      offset += 4 + size
    }
  }
}
