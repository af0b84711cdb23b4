// SPDX-License-Identifier: Apache-2.0
// Espalier: the smallest of many numbers without sorting them.

internal import SparseCore

/// The `chosen` smallest of numbered 32-bit keys; among equal keys lower numbers come first.
///
/// Three histograms of 11, 11 and 10 bits find the limit; everything below it is in, and the first `ties` of those that
/// equal it. The result is one set, whatever the order of work.
///
/// - Complexity: O(*count*) time in three passes over the keys, 16 KiB of memory.
struct RadixSelection {
  /// Keys below this are chosen.
  private(set) var limit: UInt32 = 0
  /// How many keys that equal `limit` are chosen.
  private(set) var ties: Int

  @inline(__always)
  init(smallest chosen: Int, of count: Int, key: (Int) -> UInt32) {
    precondition(chosen >= 0 && chosen <= count, "\(chosen) smallest of \(count)")
    ties = chosen
    guard chosen > 0 else { return }
    var histogram = [Int](repeating: 0, count: 2048)
    for (shift, bits) in [(21, 11), (10, 11), (0, 10)] {
      for digit in 0..<2048 { histogram[digit] = 0 }
      let above = shift + bits
      let prefix = UInt64(limit) >> UInt64(above)
      let mask = UInt32(1) << UInt32(bits) - 1
      for index in 0..<count {
        let key = key(index)
        if UInt64(key) >> UInt64(above) == prefix { histogram[Int(key >> UInt32(shift) & mask)] += 1 }
      }
      var digit = 0
      while histogram[digit] < ties {
        ties -= histogram[digit]
        digit += 1
      }
      limit |= UInt32(digit) << UInt32(shift)
    }
  }

  /// Calls `body` with the number of each chosen key, rising.
  @inline(__always)
  func forEach(of count: Int, key: (Int) -> UInt32, _ body: (Int) -> Void) {
    var ties = ties
    for index in 0..<count {
      let key = key(index)
      if key < limit {
        body(index)
      } else if key == limit && ties > 0 {
        ties -= 1
        body(index)
      }
    }
  }

  /// The numbers of the `chosen` smallest keys, rising.
  @inline(__always)
  static func positions(smallest chosen: Int, of count: Int, key: (Int) -> UInt32) -> [Int] {
    var positions: [Int] = []
    positions.reserveCapacity(chosen)
    RadixSelection(smallest: chosen, of: count, key: key).forEach(of: count, key: key) { positions.append($0) }
    return positions
  }

  /// A key that puts larger magnitudes first and NaN last.
  @inline(__always)
  static func descendingMagnitude(_ value: Float) -> UInt32 {
    value.isNaN ? 0x8000_0000 : 0x7fff_ffff - (value.bitPattern & 0x7fff_ffff)
  }
}
