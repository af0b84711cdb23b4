// SPDX-License-Identifier: Apache-2.0
// Espalier: what MD5 and SHA-256 share.

/// Cuts bytes into blocks of 64 and pads the last one with their count in bits.
struct HashBlocks {
  private var pending: [UInt8] = []
  private var position = 0
  private var total: UInt64 = 0

  mutating func append(_ bytes: [UInt8]) {
    pending.removeFirst(position)
    position = 0
    pending += bytes
    total &+= UInt64(bytes.count)
  }

  /// The next whole block.
  mutating func next() -> ArraySlice<UInt8>? {
    guard position + 64 <= pending.count else { return nil }
    defer { position += 64 }
    return pending[position..<position + 64]
  }

  /// Appends 128, zeros and the count.
  mutating func pad(bigEndian: Bool) {
    let bits = total &* 8
    pending.append(0x80)
    while (pending.count - position) % 64 != 56 { pending.append(0) }
    for byte in 0..<8 {
      pending.append(UInt8(truncatingIfNeeded: bits >> UInt64(bigEndian ? 56 - 8 * byte : 8 * byte)))
    }
  }
}

/// Bytes as lower-case hexadecimal digits.
func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
