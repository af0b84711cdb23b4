// SPDX-License-Identifier: Apache-2.0
// Espalier: the smallest of many numbers without sorting them.

internal import SparseCore

/// Numbered 32-bit keys to select from.
///
/// A type of its own rather than a closure: the loops over it are compiled for each kind of key.
protocol SelectionKeys: Sendable {
  /// The key of a number.
  func key(_ index: Int) -> UInt32
}

/// The `chosen` smallest of numbered 32-bit keys; among equal keys lower numbers come first.
///
/// Three histograms of 12, 10 and 10 bits find the limit; everything below it is in, and the first `ties` of those that
/// equal it. The result is one set, whatever the order of work.
///
/// - Complexity: O(*count*) time in three passes over the keys, 16 KiB a task of memory.
struct RadixSelection {
  /// Keys below this are chosen.
  private(set) var limit: UInt32 = 0
  /// How many keys that equal `limit` are chosen.
  private(set) var ties: Int

  init<Keys: SelectionKeys>(smallest chosen: Int, of count: Int, keys: Keys, workers: Workers) {
    precondition(chosen >= 0 && chosen <= count, "\(chosen) smallest of \(count)")
    ties = chosen
    guard chosen > 0 else { return }
    for (shift, bits) in [(20, 12), (10, 10), (0, 10)] as [(UInt32, UInt32)] {
      let digits = KeyDigits(keys: keys, prefix: limit, shift: shift, bits: bits)
      let histogram = Histogram(bins: 1 << Int(bits), of: count, digits: digits, workers: workers)
      limit |= histogram.digit(of: &ties, from: 0) << shift
    }
  }

  /// The numbers of the `chosen` smallest keys, rising.
  static func positions<Keys: SelectionKeys>(
    smallest chosen: Int, of count: Int, keys: Keys, workers: Workers
  ) -> [Int] {
    let selection = RadixSelection(smallest: chosen, of: count, keys: keys, workers: workers)
    let cut = KeyCut(keys: keys, limit: selection.limit)
    return Selection.positions(chosen, of: count, cut: cut, ties: (selection.ties, 0), workers: workers)
  }

  /// A key that puts larger magnitudes first and NaN last.
  @inline(__always)
  static func descendingMagnitude(_ value: Float) -> UInt32 {
    value.isNaN ? 0x8000_0000 : 0x7fff_ffff - (value.bitPattern & 0x7fff_ffff)
  }
}

/// Ten or twelve bits of the keys that begin as the limit does.
private struct KeyDigits<Keys: SelectionKeys>: SelectionDigits {
  let keys: Keys
  let prefix: UInt32
  let shift: UInt32
  let bits: UInt32

  @inline(__always)
  func digit(_ index: Int) -> Int {
    let key = keys.key(index)
    let difference = UInt64(key ^ prefix) &>> UInt64(shift &+ bits)
    return difference == 0 ? Int(key &>> shift & (1 &<< bits &- 1)) : -1
  }
}

/// The keys, and the one limit for all of them.
private struct KeyCut<Keys: SelectionKeys>: SelectionCut {
  let keys: Keys
  let limit: UInt32

  @inline(__always)
  func compare(_ index: Int) -> (key: UInt32, limit: UInt32, group: UInt32) { (keys.key(index), limit, 0) }
}

/// The magnitudes of weights; NaN is larger than any other.
struct Magnitudes: SelectionKeys {
  /// Safety: valid for all numbers that are asked for.
  let values: UnsafePointer<Float>

  @inline(__always)
  func key(_ index: Int) -> UInt32 { values[index].bitPattern & 0x7fff_ffff }
}

extension Magnitudes: @unchecked Sendable {}

/// The magnitudes of gradients, the largest first and NaN last.
struct DescendingMagnitudes: SelectionKeys {
  /// Safety: valid for all numbers that are asked for.
  let values: UnsafePointer<Float>

  @inline(__always)
  func key(_ index: Int) -> UInt32 { RadixSelection.descendingMagnitude(values[index]) }
}

extension DescendingMagnitudes: @unchecked Sendable {}

/// Keys that were computed before.
struct StoredKeys: SelectionKeys {
  /// Safety: valid for all numbers that are asked for.
  let keys: UnsafePointer<UInt32>

  @inline(__always)
  func key(_ index: Int) -> UInt32 { keys[index] }
}

extension StoredKeys: @unchecked Sendable {}
