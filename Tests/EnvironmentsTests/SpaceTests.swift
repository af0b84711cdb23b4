// SPDX-License-Identifier: Apache-2.0
// Espalier: spaces: what is in them, what is drawn from them, how networks read them.

import Environments
import SparseCore
import Testing

@Suite struct SpaceTests {
  /// 2, 1, 2, 2 and 2 numbers; 2, 3, 6, 2 and 3 when encoded.
  private let nested = Space.tuple([
    .box(low: [-1, 0], high: [1, 2]), .discrete(3, start: 5), .multiDiscrete([2, 4]), .multiBinary(count: 2),
    .dictionary(["b": .box(1), "a": .discrete(2)]),
  ])

  @Test("counts of plain and of encoded numbers add up over the parts")
  func counts() {
    #expect(nested.flatCount == 9)
    #expect(nested.encodedCount == 16)
  }

  @Test("a number outside any part is named, and none inside is")
  func objections() {
    let good: [Float] = [0.5, 2, 7, 1, 3, 0, 1, 1, 1e9]
    #expect(nested.contains(good) && nested.objection(to: good.span) == nil)
    let wrong: [(Int, Float)] = [
      (0, 1.01), (1, -0.01), (1, .nan), (2, 4), (2, 8), (2, 6.5), (3, 2), (4, -1), (5, 0.5), (6, 2), (7, 2), (8, .nan),
    ]
    for (index, number) in wrong {
      var bad = good
      bad[index] = number
      #expect(!nested.contains(bad), "\(number) as number \(index)")
      #expect(nested.objection(to: bad.span)?.hasSuffix("as number \(index)") == true)
    }
    #expect(!nested.contains(Array(good.dropLast())))
    #expect(nested.objection(to: Array(good.dropLast()).span)?.contains("expected 9 numbers") == true)
  }

  @Test("what is drawn lies within, covers every choice and follows the seed")
  func drawing() {
    var (first, second) = (Random(seed: 3), Random(seed: 3))
    var choices: Set<Float> = []
    var lowest: Float = 1
    for _ in 0..<300 {
      let value = nested.sample(from: &first)
      #expect(nested.contains(value) && value == nested.sample(from: &second))
      choices.insert(value[2])
      lowest = min(lowest, value[0])
    }
    #expect(choices == [5, 6, 7] && lowest < -0.9)
    let half = Space.box(low: [2, -.infinity], high: [.infinity, -2])
    for _ in 0..<100 { #expect(half.contains(half.sample(from: &first))) }
  }

  @Test("choices are encoded one-hot, everything else as it is")
  func encoding() {
    var encoded = [Float](repeating: 9, count: nested.encodedCount)
    var span = encoded.mutableSpan
    nested.encode(([0.5, 2, 7, 1, 3, 0, 1, 1, -4] as [Float]).span, into: &span)
    #expect(encoded == [0.5, 2, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, -4])
  }

  @Test("spaces say what they are")
  func words() {
    #expect(Space.box(3, from: -1, to: 1).description == "Box(3, -1.0...1.0)")
    #expect(Space.discrete(4).description == "Discrete(4)")
    #expect(
      Space.tuple([.multiBinary(count: 2), .multiDiscrete([3, 4])]).description
        == "Tuple(MultiBinary(2), MultiDiscrete(3, 4))")
  }
}
