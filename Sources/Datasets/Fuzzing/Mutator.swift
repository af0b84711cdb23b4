// SPDX-License-Identifier: Apache-2.0
// Espalier: valid files made wrong, on purpose and reproducibly.

internal import SparseCore

/// Changes bytes as damage and malice would: the same seed, the same changes.
package struct Mutator {
  private var random: Random

  package init(seed: UInt64) { random = Random(seed: seed).split("mutator") }

  /// One to four changes to a sample; `other` is a second one to splice in.
  package mutating func mutate(_ sample: [UInt8], other: [UInt8]) -> [UInt8] {
    var bytes = sample
    for _ in 0...random.below(4) { change(&bytes, other) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8], _ other: [UInt8]) {
    guard !bytes.isEmpty else {
      bytes = Array(other.prefix(random.below(other.count + 1)))
      return
    }
    let at = random.below(bytes.count)
    switch random.below(8) {
    case 0: bytes[at] ^= 1 << UInt8(random.below(8))
    case 1: bytes[at] = UInt8(random.below(256))
    case 2: bytes.removeLast(bytes.count - at)
    case 3: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.below(16)))
    case 4: bytes.insert(contentsOf: (0...random.below(16)).map { _ in UInt8(random.below(256)) }, at: at)
    case 5: writeNumber(&bytes, at)
    case 6: splice(&bytes, at, other)
    default: replaceDigits(&bytes, from: at)
    }
  }

  /// Puts a number that breaks sums and products where a size may be.
  private mutating func writeNumber(_ bytes: inout [UInt8], _ at: Int) {
    let numbers: [UInt64] = [0, 1, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 62, .max >> 1, .max]
    let number = numbers[random.below(numbers.count)]
    let size = [1, 2, 4, 8][random.below(4)]
    let bigEndian = random.below(2) == 0
    for byte in 0..<size where at + byte < bytes.count {
      bytes[at + byte] = UInt8(truncatingIfNeeded: number >> UInt64(8 * (bigEndian ? size - 1 - byte : byte)))
    }
  }

  private mutating func splice(_ bytes: inout [UInt8], _ at: Int, _ other: [UInt8]) {
    guard !other.isEmpty else { return }
    let start = random.below(other.count)
    let piece = other[start..<min(other.count, start + 1 + random.below(64))]
    bytes.replaceSubrange(at..<min(bytes.count, at + random.below(piece.count + 1)), with: piece)
  }

  /// Makes the next decimal number in a text another one.
  private mutating func replaceDigits(_ bytes: inout [UInt8], from at: Int) {
    guard let start = bytes[at...].firstIndex(where: { $0 >= 48 && $0 <= 57 }) else { return }
    let end = bytes[start...].firstIndex { $0 < 48 || $0 > 57 } ?? bytes.count
    let texts = ["0", "-1", "9223372036854775807", "18446744073709551616", "4294967296", "1e999", "nan", "", "1e-400"]
    bytes.replaceSubrange(start..<end, with: Array(texts[random.below(texts.count)].utf8))
  }
}
