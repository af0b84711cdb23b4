// SPDX-License-Identifier: Apache-2.0
// Espalier: the checksum of TensorBoard's records.

/// The CRC-32C checksum (Castagnoli's polynomial, reflected).
///
/// Source: G. Castagnoli et al., *Optimization of cyclic redundancy-check codes with 24 and 32 parity bits*, IEEE
/// Transactions on Communications 41(6), 1993; test values in RFC 3720, B.4.
package enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in
      crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1
    }
  }

  /// The checksum of bytes.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8 }
    return ~crc
  }

  /// The checksum turned and shifted, as records carry it: a checksum of data that hold checksums is a poor one.
  package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let crc = checksum(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }
}
