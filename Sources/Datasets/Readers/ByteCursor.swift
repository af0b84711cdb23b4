// SPDX-License-Identifier: Apache-2.0
// Espalier: numbers out of bytes that may lie.

/// The bytes of a file with checked reads: an offset outside them is an error, never a crash.
struct ByteCursor {
  let bytes: [UInt8]
  let path: String

  /// Bytes `offset ..< offset + count`.
  func slice(_ offset: Int, _ count: Int, for what: String) throws(FileError) -> ArraySlice<UInt8> {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
      throw .format(
        path: path, expected: "\(count) bytes of \(what) at offset \(offset)", got: "a file of \(bytes.count) bytes",
        advice: "the file is cut short; fetch or copy it again")
    }
    return bytes[offset..<offset + count]
  }

  /// A little-endian number of `size` bytes; one that does not fit an `Int` is an error.
  func little(_ offset: Int, size: Int, for what: String) throws(FileError) -> Int {
    var value: UInt64 = 0
    for byte in try slice(offset, size, for: what).reversed() { value = value << 8 | UInt64(byte) }
    return try whole(value, what)
  }

  /// A big-endian number of `size` bytes; one that does not fit an `Int` is an error.
  func big(_ offset: Int, size: Int, for what: String) throws(FileError) -> Int {
    var value: UInt64 = 0
    for byte in try slice(offset, size, for: what) { value = value << 8 | UInt64(byte) }
    return try whole(value, what)
  }

  private func whole(_ value: UInt64, _ what: String) throws(FileError) -> Int {
    guard let number = Int(exactly: value) else {
      throw .format(path: path, expected: "\(what) below 2^63", got: "\(value)", advice: "the file is damaged")
    }
    return number
  }
}

/// The product of sizes that a file claims, nil when it does not fit or one is negative.
func checkedProduct(_ sizes: [Int]) -> Int? {
  var product = 1
  for size in sizes {
    let (next, overflow) = product.multipliedReportingOverflow(by: size)
    if overflow || size < 0 { return nil }
    product = next
  }
  return product
}
