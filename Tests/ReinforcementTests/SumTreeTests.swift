// SPDX-License-Identifier: Apache-2.0
// Espalier: draws in proportion to priorities.

import SparseCore
import Testing

@testable import Reinforcement

@Suite("Sum trees")
struct SumTreeTests {
  @Test("every place of small trees is found by every sum inside its share")
  func exhaustive() {
    for count in 1...5 {
      // All priorities of 0, 1 and 2.
      let cases = (0..<count).reduce(1) { cases, _ in 3 * cases }
      for number in 0..<cases {
        var tree = SumTree(count: count)
        var (rest, priorities) = (number, [Int]())
        for index in 0..<count {
          priorities.append(rest % 3)
          tree[index] = Double(rest % 3)
          rest /= 3
        }
        #expect(tree.total == Double(priorities.reduce(0, +)))
        let owners = priorities.indices.flatMap { [Int](repeating: $0, count: 2 * priorities[$0]) }
        for (half, owner) in owners.enumerated() { #expect(tree.place(of: Double(half) / 2) == owner) }
        #expect(tree.priorities == priorities.map { Double($0) })
      }
    }
  }

  @Test("after many changes the total is the sum of the leaves, and the order of changes does not matter")
  func changes() {
    var random = Random(seed: 1)
    for count in [1, 2, 3, 7, 64, 100, 1000] {
      var tree = SumTree(count: count)
      var plain = [Double](repeating: 0, count: count)
      for _ in 0..<5000 {
        let place = random.below(count)
        plain[place] = random.below(4) == 0 ? 0 : Double(random.uniform()) * 1e3
        tree[place] = plain[place]
      }
      #expect(abs(tree.total - plain.reduce(0, +)) <= 1e-12 * tree.total * Double(count))
      var other = SumTree(count: count)
      for place in (0..<count).reversed() { other[place] = plain[place] }
      #expect(other == tree)
    }
  }

  @Test("a place without priority is never drawn, also where rounding leaves a rest")
  func zeros() {
    var random = Random(seed: 2)
    for round in 0..<300 {
      let count = 1 + random.below(40)
      var tree = SumTree(count: count)
      for place in 0..<count where random.below(3) == 0 {
        tree[place] = Double(random.uniform()) * (round % 2 == 0 ? 1 : 1e-18) + (random.below(5) == 0 ? 1e16 : 1e-30)
      }
      guard tree.total > 0 else { continue }
      for sum in [0, tree.total.nextDown, tree.total, tree.total * 2] { #expect(tree[tree.place(of: sum)] > 0) }
      for _ in 0..<50 { #expect(tree[tree.place(of: random.uniformDouble() * tree.total)] > 0) }
    }
  }

  @Test("draws come in proportion to priorities (chi-squared)")
  func proportion() {
    var random = Random(seed: 3)
    var tree = SumTree(count: 23)
    for place in 0..<23 { tree[place] = place % 5 == 0 ? 0 : Double(place * place) }
    let draws = 100_000
    var counts = [Int](repeating: 0, count: 23)
    for _ in 0..<draws { counts[tree.place(of: random.uniformDouble() * tree.total)] += 1 }
    var chi = 0.0
    for place in 0..<23 where tree[place] > 0 {
      let expected = tree[place] / tree.total * Double(draws)
      chi += (Double(counts[place]) - expected) * (Double(counts[place]) - expected) / expected
    }
    // 17 degrees of freedom: 40.8 at one in a thousand.
    #expect(chi < 40.8 && chi > 2, "\(chi)")
  }
}
