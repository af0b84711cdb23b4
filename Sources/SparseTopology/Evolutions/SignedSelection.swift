// SPDX-License-Identifier: Apache-2.0
// Espalier: the positive and the negative numbers nearest zero.

internal import SparseCore

/// The weights nearest zero of both signs, as SET drops them: zeros first, then the same share of each sign.
///
/// Zeros go first, lower positions before higher ones. What is left to choose is split between the signs in proportion to their numbers, by
/// largest remainder. Both limits are found in the same three passes.
///
/// - Complexity: O(*count*) time in three passes over the weights, 16 KiB a task of memory.
struct SignedSelection {
  /// The magnitudes that the positive and the negative weights are held against.
  private var limits: (positive: UInt32, negative: UInt32) = (0, 0)
  /// How many positive and negative weights at their limits are chosen.
  private let ties: (Int, Int)
  /// Whether only zeros are chosen, whatever their signs: then they share the first number.
  private let isZeros: Bool
  private let chosen: Int
  private let count: Int
  /// Safety: valid for `count` floats.
  private let values: UnsafePointer<Float>
  private let workers: Workers

  init(smallest chosen: Int, of count: Int, values: UnsafePointer<Float>, workers: Workers) {
    self.chosen = chosen
    self.count = count
    self.values = values
    self.workers = workers
    // The magnitudes of positive weights, those of negative ones, and their zeros.
    let first = Histogram(bins: 4098, of: count, digits: FirstDigits(values: values), workers: workers)
    let zeros = (positive: first.total(4096..<4097), negative: first.total(4097..<4098))
    let left = chosen - zeros.positive - zeros.negative
    isZeros = left <= 0
    guard left > 0 else {
      ties = (chosen, 0)
      return
    }
    let positives = first.total(0..<2048)
    let share = Self.share(of: left, for: positives, in: positives + first.total(2048..<4096))
    var ranks = (positive: share, negative: left - share)
    if ranks.positive > 0 { limits.positive = first.digit(of: &ranks.positive, from: 0) &<< 20 }
    if ranks.negative > 0 { limits.negative = first.digit(of: &ranks.negative, from: 2048) &<< 20 }
    for shift in [10, 0] as [UInt32] {
      let digits = NextDigits(
        values: values, positive: limits.positive, negative: limits.negative, shift: shift)
      let next = Histogram(bins: 2048, of: count, digits: digits, workers: workers)
      if ranks.positive > 0 { limits.positive |= next.digit(of: &ranks.positive, from: 0) &<< shift }
      if ranks.negative > 0 { limits.negative |= next.digit(of: &ranks.negative, from: 1024) &<< shift }
    }
    // A sign without a share has limit 0, which its zeros equal; else they lie below it.
    ties = (
      limits.positive == 0 ? zeros.positive : ranks.positive, limits.negative == 0 ? zeros.negative : ranks.negative
    )
  }

  /// The positions of the chosen weights, rising.
  var positions: [Int] {
    let cut = SignedCut(
      values: values, positive: limits.positive, negative: limits.negative, groups: isZeros ? 0 : 1)
    return Selection.positions(chosen, of: count, cut: cut, ties: ties, workers: workers)
  }

  /// left x part / whole, halves rounded up.
  private static func share(of left: Int, for part: Int, in whole: Int) -> Int {
    guard whole > 0 else { return 0 }
    let (quotient, remainder) = whole.dividingFullWidth(left.multipliedFullWidth(by: part))
    return remainder >= whole - remainder ? quotient + 1 : quotient
  }
}

/// The first 12 bits, sign included, and a bin for the zeros of each sign.
private struct FirstDigits: SelectionDigits, @unchecked Sendable {
  let values: UnsafePointer<Float>

  @inline(__always)
  func digit(_ index: Int) -> Int {
    let bits = values[index].bitPattern
    return Int(bits &<< 1 == 0 ? 4096 &+ bits &>> 31 : bits &>> 20)
  }
}

/// The next ten bits of the weights that begin as the limit of their sign does.
private struct NextDigits: SelectionDigits, @unchecked Sendable {
  let values: UnsafePointer<Float>
  let positive: UInt32
  let negative: UInt32
  let shift: UInt32

  @inline(__always)
  func digit(_ index: Int) -> Int {
    let bits = values[index].bitPattern
    let magnitude = bits & 0x7fff_ffff
    let mask = 0 &- bits &>> 31
    let limit = positive & ~mask | negative & mask
    if (magnitude ^ limit) &>> (shift &+ 10) != 0 { return -1 }
    return magnitude == 0 ? -1 : Int((magnitude &>> shift & 1023) | (bits &>> 31) &<< 10)
  }
}

/// Magnitudes and the limits of their signs.
private struct SignedCut: SelectionCut, @unchecked Sendable {
  let values: UnsafePointer<Float>
  let positive: UInt32
  let negative: UInt32
  /// 1 when each sign has ties of its own, 0 when both share them.
  let groups: UInt32

  @inline(__always)
  func compare(_ index: Int) -> (key: UInt32, limit: UInt32, group: UInt32) {
    let bits = values[index].bitPattern
    let sign = bits &>> 31
    let mask = 0 &- sign
    return (bits & 0x7fff_ffff, positive & ~mask | negative & mask, sign & groups)
  }
}
