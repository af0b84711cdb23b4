// SPDX-License-Identifier: Apache-2.0
// Espalier: reproducible random numbers.

/// A counter-based random number generator, split by name.
///
/// The bits are Philox4x32-10: ten rounds of a keyed bijection over a counter, so that any number of a stream can be had
/// without the ones before it, and streams with different keys do not overlap. Everything above the bits uses only
/// IEEE-exact operations: the numbers are the same on every platform.
///
///     var random = Random(seed: 42)
///     var weights = random.split("weights")   // a stream of its own
///     let w = weights.normal()
///
/// A stream's 64-bit key is Philox's key. Splitting by name keys the child with the first two words of
/// Philox(counter: FNV-1a-64(name), tag "split"; key: parent); drawing from the parent never changes a child.
///
/// Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011.
public struct Random: Sendable, Equatable {
  /// What tells this stream from all others.
  public let key: UInt64
  /// Blocks of four 32-bit words drawn so far.
  public private(set) var position: UInt64
  private var block: SIMD4<UInt32>
  private var used: Int

  /// The stream of a seed.
  public init(seed: UInt64) {
    self.init(key: Self.mix(seed, tag: 0x7365_6564))  // "seed"
  }

  private init(key: UInt64) {
    self.key = key
    position = 0
    block = SIMD4()
    used = 4
  }

  /// A stream of its own for a named purpose.
  public func split(_ name: String) -> Random {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a, 64 bits
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return child(hash, tag: 0x6e61_6d65)  // "name"
  }

  /// A stream of its own for a numbered purpose: an epoch, a step, a layer.
  public func split(_ index: Int) -> Random {
    child(UInt64(bitPattern: Int64(index)), tag: 0x696e_6478)  // "indx"
  }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if used == 4 {
      block = Self.philox(
        counter: SIMD4(UInt32(truncatingIfNeeded: position), UInt32(position >> 32), 0, 0),
        key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(key >> 32)))
      position += 1
      used = 0
    }
    defer { used += 1 }
    return block[used]
  }

  /// Ten Philox rounds over a counter of four words.
  ///
  /// Known answers are in the tests (those of the authors' Random123).
  public static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for _ in 0..<10 {
      let first = UInt64(counter[0]) &* 0xD251_1F53
      let second = UInt64(counter[2]) &* 0xCD9E_8D57
      counter = SIMD4(
        UInt32(second >> 32) ^ counter[1] ^ key[0], UInt32(truncatingIfNeeded: second),
        UInt32(first >> 32) ^ counter[3] ^ key[1], UInt32(truncatingIfNeeded: first))
      key = SIMD2(key[0] &+ 0x9E37_79B9, key[1] &+ 0xBB67_AE85)
    }
    return counter
  }

  private func child(_ value: UInt64, tag: UInt32) -> Random {
    let words = Self.philox(
      counter: SIMD4(UInt32(truncatingIfNeeded: value), UInt32(value >> 32), tag, 0x7370_6c74),
      key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(key >> 32)))
    return Random(key: UInt64(words[0]) | UInt64(words[1]) << 32)
  }

  private static func mix(_ seed: UInt64, tag: UInt32) -> UInt64 {
    let words = philox(
      counter: SIMD4(UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32), tag, 0), key: SIMD2())
    return UInt64(words[0]) | UInt64(words[1]) << 32
  }
}

extension Random: RandomNumberGenerator {
  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let low = UInt64(nextWord())
    return low | UInt64(nextWord()) << 32
  }
}
