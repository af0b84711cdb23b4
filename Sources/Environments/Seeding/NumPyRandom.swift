// SPDX-License-Identifier: Apache-2.0
// Espalier: NumPy's random numbers, so that seeds mean what they mean in Gymnasium.

/// The generator that `numpy.random.default_rng(seed)` makes, bit for bit: PCG64 seeded through `SeedSequence`.
///
/// Environments that have a Gymnasium twin draw from it, so that the same seed begins the same episode. Everything else in
/// Espalier draws from `Random`, which can be split.
///
/// - Invariant: tests hold it against numbers that NumPy made.
///
/// Source: M. O'Neill, *PCG: a family of simple fast space-efficient statistically good algorithms for random number
/// generation*, HMC-CS-2014-0905 (XSL-RR 128/64); NumPy's `SeedSequence` and `Generator`; D. Lemire, *Fast random integer
/// generation in an interval*, ACM TOMACS 29, 2019.
public struct NumPyRandom: Sendable, Equatable {
  private var state: Word128
  private let increment: Word128
  /// The upper half of a 64-bit draw that 32-bit draws have not used yet.
  private var half: UInt32?

  /// The stream of a seed.
  public init(seed: UInt64) {
    let words = SeedSequence(seed).words(4)
    let start = Word128(high: words[0], low: words[1])
    increment = Word128(high: words[2] << 1 | words[3] >> 63, low: words[3] << 1 | 1)
    state = Word128(high: 0, low: 0)
    half = nil
    advance()
    state = state + start
    advance()
  }

  /// The next 64 random bits.
  public mutating func nextWord() -> UInt64 {
    advance()
    let mixed = state.high ^ state.low
    let turn = state.high >> 58
    return mixed >> turn | mixed << ((64 - turn) & 63)
  }

  /// The next 32 random bits: the lower half of a 64-bit draw first, its upper half next time.
  public mutating func nextHalf() -> UInt32 {
    if let kept = half {
      half = nil
      return kept
    }
    let word = nextWord()
    half = UInt32(word >> 32)
    return UInt32(truncatingIfNeeded: word)
  }

  /// A number in 0 ..< 1 with 53 random bits: `Generator.random()`.
  public mutating func uniform() -> Double { Double(nextWord() >> 11) * 0x1p-53 }

  /// A number between two others: `Generator.uniform(low, high)`.
  public mutating func uniform(from low: Double, to high: Double) -> Double { low + (high - low) * uniform() }

  /// A whole number in 0 ..< `bound`: `Generator.integers(bound)` for bounds up to 2^32.
  ///
  /// A bound of 1 draws nothing.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0 && bound <= 1 << 32, "a whole number below \(bound)")
    if bound == 1 { return 0 }
    if bound == 1 << 32 { return Int(nextHalf()) }
    let limit = UInt32(bound)
    var product = UInt64(nextHalf()) * UInt64(limit)
    if UInt32(truncatingIfNeeded: product) < limit {
      let threshold = (0 &- limit) % limit
      while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(nextHalf()) * UInt64(limit) }
    }
    return Int(product >> 32)
  }

  /// The first index whose running sum of `chances` is above a uniform number, as Gymnasium's toy texts draw.
  ///
  /// - Note: like `argmax` of no true values, 0 when no sum is above it.
  public mutating func index(of chances: Span<Double>) -> Int {
    let draw = uniform()
    var sum = 0.0
    for index in 0..<chances.count {
      sum += chances[index]
      if sum > draw { return index }
    }
    return 0
  }

  private mutating func advance() {
    state = state * Word128(high: 0x2360_ED05_1FC6_5DA4, low: 0x4385_DF64_9FCC_F645) + increment
  }
}

extension NumPyRandom {
  /// Five words from which the stream goes on, for an ``EnvironmentState``; the last holds the unused half of a draw.
  public var words: [UInt64] {
    [state.high, state.low, increment.high, increment.low, half.map { 1 << 32 | UInt64($0) } ?? 0]
  }

  /// The stream that ``words`` were taken from; nil for what no stream gives.
  public init?(words: some Collection<UInt64>) {
    let words = Array(words)
    guard words.count == 5, words[3] & 1 == 1, words[4] == 0 || words[4] >> 32 == 1 else { return nil }
    state = Word128(high: words[0], low: words[1])
    increment = Word128(high: words[2], low: words[3])
    half = words[4] == 0 ? nil : UInt32(truncatingIfNeeded: words[4])
  }
}

/// 128 bits of arithmetic modulo 2^128.
///
/// The standard library's type asks for newer systems than the package does elsewhere, and only sum and product are needed.
private struct Word128: Sendable, Equatable {
  var high: UInt64
  var low: UInt64

  static func + (left: Word128, right: Word128) -> Word128 {
    let (low, carry) = left.low.addingReportingOverflow(right.low)
    return Word128(high: left.high &+ right.high &+ (carry ? 1 : 0), low: low)
  }

  static func * (left: Word128, right: Word128) -> Word128 {
    let product = left.low.multipliedFullWidth(by: right.low)
    return Word128(high: product.high &+ left.high &* right.low &+ left.low &* right.high, low: product.low)
  }
}

/// NumPy's way from a seed to the state of a generator.
private struct SeedSequence {
  private var pool: [UInt32]

  init(_ seed: UInt64) {
    var entropy: [UInt32] = [UInt32(truncatingIfNeeded: seed)]
    if seed >> 32 != 0 { entropy.append(UInt32(seed >> 32)) }
    var constant: UInt32 = 0x43b0_d7e5
    func hashed(_ word: UInt32) -> UInt32 {
      var value = word ^ constant
      constant = constant &* 0x931e_8875
      value = value &* constant
      return value ^ value >> 16
    }
    pool = (0..<4).map { hashed($0 < entropy.count ? entropy[$0] : 0) }
    for source in 0..<4 {
      for target in 0..<4 where target != source {
        let mixed = 0xca01_f9dd &* pool[target] &- 0x4973_f715 &* hashed(pool[source])
        pool[target] = mixed ^ mixed >> 16
      }
    }
  }

  /// `count` words of 64 bits.
  func words(_ count: Int) -> [UInt64] {
    var constant: UInt32 = 0x8b51_f9dd
    let halves = (0..<2 * count).map { index -> UInt64 in
      var value = pool[index % 4] ^ constant
      constant = constant &* 0x58f3_8ded
      value = value &* constant
      return UInt64(value ^ value >> 16)
    }
    return (0..<count).map { halves[2 * $0] | halves[2 * $0 + 1] << 32 }
  }
}
