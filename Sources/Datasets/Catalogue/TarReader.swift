// SPDX-License-Identifier: Apache-2.0
// Espalier: the files of a tar archive.

/// The plain files of a tar archive in memory.
///
/// Source: IEEE Std 1003.1, *pax*, the ustar interchange format.
enum TarReader {
  /// The files' names (without folders) and where their bytes are; everything but plain files is passed over.
  static func files(_ bytes: [UInt8], path: String) throws(FileError) -> [(name: String, range: Range<Int>)] {
    var files: [(name: String, range: Range<Int>)] = []
    var offset = 0
    while offset + 512 <= bytes.count {
      let header = bytes[offset..<offset + 512]
      if header.allSatisfy({ $0 == 0 }) { return files }
      guard let size = octal(bytes[offset + 124..<offset + 136]), let sum = octal(bytes[offset + 148..<offset + 156]),
        sum == checksum(header, offset), size <= bytes.count - offset - 512
      else {
        throw .format(
          path: path, expected: "a tar header at offset \(offset)", got: "other bytes",
          advice: "the archive is damaged; fetch it again")
      }
      let kind = bytes[offset + 156]
      let name = String(decoding: bytes[offset..<offset + 100].prefix { $0 != 0 }, as: UTF8.self)
      let plain = Paths.name(of: name)
      if kind == 0 || kind == UInt8(ascii: "0"), !plain.isEmpty, plain != ".", plain != "..", !name.hasSuffix("/") {
        files.append((plain, offset + 512..<offset + 512 + size))
      }
      offset += 512 + (size + 511) / 512 * 512
    }
    guard offset <= bytes.count, !files.isEmpty else {
      throw .format(path: path, expected: "a tar archive", got: "\(bytes.count) other bytes")
    }
    return files
  }

  private static func checksum(_ header: ArraySlice<UInt8>, _ offset: Int) -> Int {
    header.indices.reduce(0) { sum, index in
      (148..<156).contains(index - offset) ? sum + 32 : sum + Int(header[index])
    }
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = field.drop { $0 == 32 }.prefix { $0 >= 48 && $0 <= 55 }
    return digits.isEmpty ? nil : digits.reduce(0) { $0 << 3 | Int($1 - 48) }
  }
}
