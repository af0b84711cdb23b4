// SPDX-License-Identifier: Apache-2.0
// Espalier: NumPy's random numbers against those that NumPy made.

import Environments
import Testing

/// Draws of NumPy 2.4.6's `default_rng(seed)`, in this order:
/// `random() integers(3) integers(1) integers(1000) uniform(-2, 3) integers(2**32) integers(2**31 + 1) random() random_raw() integers(7)`.
///
/// Whole numbers leave halves of 64-bit draws behind, which `random()` must not use and the next whole number must.
private struct Draws: Sendable {
  var seed: UInt64
  var first: Double
  var wholes: [Int]
  var between: Double
  var second: Double
  var raw: UInt64
  var last: Int
}

private let known = [
  Draws(
    seed: 0, first: 0x1.461fd79fb3850p-1, wholes: [1, 0, 269, 323_153_949, 376_383_645], between: -0x1.cb8dcbb175fa8p+0,
    second: 0x1.d354b2f34c803p-1, raw: 11_190_454_901_533_422_207, last: 5),
  Draws(
    seed: 1, first: 0x1.060d7be6f245cp-1, wholes: [2, 0, 950, 3_534_516_178, 2_037_209_175],
    between: -0x1.4779c731d3638p+0, second: 0x1.3f50be80ff35cp-2, raw: 7_808_994_663_829_368_904, last: 1),
  Draws(
    seed: 42, first: 0x1.8c43f79a2db24p-1, wholes: [1, 0, 438, 369_133_709, 1_497_586_439],
    between: 0x1.2580aee615212p+1, second: 0x1.81c01b5339380p-4, raw: 17_997_055_833_233_904_524, last: 5),
  Draws(
    seed: 1 << 32, first: 0x1.c78bd7c50b582p-1, wholes: [2, 0, 557, 982_227_334, 2_054_097_782],
    between: 0x1.0094c7ecc1e2cp+1, second: 0x1.e02ce67c855d0p-5, raw: 4_360_823_125_038_362_322, last: 1),
  Draws(
    seed: .max, first: 0x1.5c2c74f5188eap-1, wholes: [2, 0, 845, 430_058_929, 1_298_660_238],
    between: -0x1.f68628813531fp+0, second: 0x1.467d9a3936a3ep-2, raw: 10_873_882_424_061_752_947, last: 0),
]

@Suite("NumPy's random numbers")
struct NumPyRandomTests {
  @Test(
    "a seed gives NumPy's numbers, 64 and 32 bits, doubles and whole numbers, interleaved", arguments: known.indices)
  func interleaved(index: Int) {
    let draws = known[index]
    var random = NumPyRandom(seed: draws.seed)
    #expect(random.uniform() == draws.first)
    #expect([random.below(3), random.below(1), random.below(1000)] == Array(draws.wholes[..<3]))
    #expect(random.uniform(from: -2, to: 3) == draws.between)
    #expect([random.below(1 << 32), random.below(1 << 31 + 1)] == Array(draws.wholes[3...]))
    #expect(random.uniform() == draws.second)
    #expect(random.nextWord() == draws.raw)
    #expect(random.below(7) == draws.last)
  }

  @Test("words take a stream up again, with the half of a draw that is left, and other words are refused")
  func words() throws {
    var random = NumPyRandom(seed: 5)
    for _ in 0..<3 {
      _ = random.nextHalf()
      var copy = try #require(NumPyRandom(words: random.words))
      #expect(copy == random)
      var other = random
      #expect((0..<5).map { _ in copy.nextHalf() } == (0..<5).map { _ in other.nextHalf() })
    }
    #expect(NumPyRandom(words: random.words.dropLast()) == nil)
    #expect(NumPyRandom(words: [1, 2, 3, 4, 0]) == nil)
    #expect(NumPyRandom(words: [1, 2, 3, 5, 7]) == nil)
  }

  @Test("an index is the first whose running sum is above the draw, and 0 when none is")
  func index() {
    for seed in 0..<200 as Range<UInt64> {
      var random = NumPyRandom(seed: seed)
      let draw = NumPyRandom(seed: seed).firstUniform
      let chances = [0.2, 0, 0.5, 0.1]  // 0.2, 0.2, 0.7, 0.8, and nothing for the rest
      let expected = draw < 0.2 ? 0 : draw < 0.7 ? 2 : draw < 0.2 + 0 + 0.5 + 0.1 ? 3 : 0
      #expect(random.index(of: chances.span) == expected)
    }
  }
}

extension NumPyRandom {
  fileprivate var firstUniform: Double {
    var copy = self
    return copy.uniform()
  }
}
