// SPDX-License-Identifier: Apache-2.0
// Espalier: bytes from their Base64 text.

/// The standard alphabet of RFC 4648, with padding.
enum Base64 {
  /// The bytes of a text; a character outside the alphabet ends it.
  static func decode(_ text: StaticString) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8CodeUnitCount / 4 * 3)
    var bits: UInt32 = 0
    var held = 0
    text.withUTF8Buffer { units in
      for unit in units {
        guard let value = value(of: unit) else { break }
        bits = bits << 6 | value
        held += 6
        if held >= 8 {
          held -= 8
          bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
        }
      }
    }
    return bytes
  }

  private static func value(of unit: UInt8) -> UInt32? {
    switch unit {
    case 65...90: UInt32(unit - 65)
    case 97...122: UInt32(unit - 97 + 26)
    case 48...57: UInt32(unit - 48 + 52)
    case 43: 62
    case 47: 63
    default: nil
    }
  }
}
