// SPDX-License-Identifier: Apache-2.0
// Espalier: broken files on purpose.

import SparseCore

/// A few random edits of bytes, deterministic in the seed.
struct Mutator {
  private var random: Random

  init(seed: UInt64) { random = Random(seed: seed) }

  mutating func mutate(_ bytes: [UInt8], keepingSize: Bool = false) -> [UInt8] {
    var bytes = bytes
    for _ in 0...random.below(3) {
      let position = random.below(max(1, bytes.count))
      switch random.below(keepingSize ? 2 : 5) {
      case 0 where !bytes.isEmpty: bytes[position] ^= 1 << UInt8(random.below(8))
      case 1 where !bytes.isEmpty: bytes[position] = UInt8(random.below(256))
      case 2 where !bytes.isEmpty: bytes.remove(at: position)
      case 3: bytes.insert(Array("[]{}\",:0-9e\\".utf8)[random.below(12)], at: min(position, bytes.count))
      default: bytes.removeLast(min(bytes.count, random.below(4)))
      }
    }
    return bytes
  }
}
