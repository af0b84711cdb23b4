// SPDX-License-Identifier: Apache-2.0
// Espalier: the random numbers are the ones we promise.

import SparseCore
import Testing

@Suite struct RandomTests {
  @Test("Philox gives the known answers of its authors")
  func knownAnswers() {
    #expect(
      Random.philox(counter: SIMD4(), key: SIMD2())
        == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      Random.philox(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      Random.philox(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test("the first draws of a seed never change")
  func golden() {
    var random = Random(seed: 42)
    #expect((0..<4).map { _ in random.nextWord() } == [2_720_586_511, 842_153_517, 972_030_984, 2_743_342_212])
    #expect(random.split("weights").key == 4_631_793_113_684_500_494)
    #expect(random.split(7).key == 2_560_906_489_812_588_508)
    #expect(random.normal() == -2.3794913)
    #expect(random.uniform() == 0.41313034)
    #expect(random.below(1000) == 832)
    #expect(random.distinct(5, below: 100) == [34, 39, 51, 63, 98])
  }

  @Test("streams with different names, numbers or seeds differ, and drawing does not change a child")
  func splitting() {
    var random = Random(seed: 1)
    let before = random.split("a")
    _ = random.next()
    #expect(random.split("a") == before)
    let keys = [
      random.key, random.split("a").key, random.split("b").key, random.split(0).key, random.split(1).key,
      random.split("a").split("a").key, Random(seed: 2).key,
    ]
    #expect(Set(keys).count == keys.count)
    var left = random.split("left")
    var right = random.split("right")
    let pairs = (0..<4000).map { _ in (Double(left.uniform()) - 0.5) * (Double(right.uniform()) - 0.5) }
    #expect(abs(pairs.reduce(0, +) / 4000) < 5 / 12.0 / 4000.0.squareRoot())
  }

  @Test("normal numbers have the moments of a normal distribution")
  func moments() {
    var random = Random(seed: 3)
    let count = 40_000
    let draws = (0..<count).map { _ in Double(random.normal()) }
    let mean = draws.reduce(0, +) / Double(count)
    let power = { (exponent: Int) in
      draws.reduce(0) { sum, x in sum + (0..<exponent).reduce(1) { product, _ in product * x } } / Double(count)
    }
    #expect(abs(mean) < 0.025)
    #expect(abs(power(2) - 1) < 0.035)
    #expect(abs(power(3)) < 0.1)
    #expect(abs(power(4) - 3) < 0.25)
  }

  @Test("uniform and bounded draws stay in range and reach all of it")
  func ranges() {
    var random = Random(seed: 4)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<7000 {
      counts[random.below(7)] += 1
      let u = random.uniform()
      #expect(u >= 0 && u < 1)
    }
    #expect(counts.allSatisfy { abs($0 - 1000) < 150 })
    #expect(random.below(1) == 0)
    #expect((0..<100).allSatisfy { _ in random.below(.max) >= 0 })
  }

  @Test("distinct numbers rise, and every subset is equally likely")
  func distinct() {
    var random = Random(seed: 5)
    for count in 0...6 {
      var seen: [[Int]: Int] = [:]
      for _ in 0..<600 {
        let chosen = random.distinct(count, below: 6)
        #expect(chosen.count == count)
        #expect(zip(chosen, chosen.dropFirst()).allSatisfy { $0 < $1 })
        #expect(chosen.allSatisfy { $0 >= 0 && $0 < 6 })
        seen[chosen, default: 0] += 1
      }
      let subsets = [1, 6, 15, 20, 15, 6, 1][count]
      #expect(seen.count == subsets)
      let fair = 600.0 / Double(subsets)
      #expect(seen.values.allSatisfy { abs(Double($0) - fair) < 5.5 * fair.squareRoot() })
    }
    let many = random.distinct(6_000, below: 20_000)
    #expect(Set(many).count == 6_000 && many == many.sorted())
  }

  @Test("shuffling keeps the elements, and every order is equally likely")
  func shuffle() {
    var random = Random(seed: 6)
    var seen: [[Int]: Int] = [:]
    for _ in 0..<2400 {
      var order = [0, 1, 2, 3]
      random.shuffle(&order)
      seen[order, default: 0] += 1
    }
    #expect(seen.count == 24)
    #expect(seen.keys.allSatisfy { $0.sorted() == [0, 1, 2, 3] })
    #expect(seen.values.allSatisfy { abs($0 - 100) < 55 })
  }

  @Test("the radix sort sorts")
  func radix() {
    var random = Random(seed: 7)
    for (count, bound) in [(10, 100), (3000, 50), (5000, 1 << 40), (2100, Int.max)] {
      var numbers = (0..<count).map { _ in random.below(bound) }
      let want = numbers.sorted()
      radixSort(&numbers)
      #expect(numbers == want)
    }
  }

  @Test("many normal numbers at once have the moments of a normal distribution, for any count")
  func manyNormals() {
    var random = Random(seed: 4)
    var numbers = [Float](repeating: 9, count: 100_001)
    random.fillWithNormals(&numbers)
    for (power, moment, bound) in [(1, 0.0, 0.013), (2, 1, 0.018), (3, 0, 0.05), (4, 3, 0.13)] {
      let sum = numbers.reduce(0.0) { sum, number in
        sum + (0..<power).reduce(1.0) { product, _ in product * Double(number) }
      }
      #expect(abs(sum / 100_001 - moment) < bound, "moment \(power)")
    }
    let products = zip(numbers, numbers.dropFirst()).reduce(0.0) { $0 + Double($1.0 * $1.1) }
    #expect(abs(products / 100_000) < 0.013, "neighbours are independent")
    for count in 0..<6 {
      var (few, again) = ([Float](repeating: 9, count: count), [Float](repeating: 9, count: count))
      var (first, second) = (Random(seed: 7), Random(seed: 7))
      first.fillWithNormals(&few)
      second.fillWithNormals(&again)
      #expect(few == again && !few.contains(9))
    }
  }

  @Test("whole numbers are shuffled as other elements are")
  func shuffles() {
    for count in [0, 1, 2, 7, 1000] {
      var (numbers, words) = (Array(0..<count), (0..<count).map { UInt16($0) })
      var (first, second) = (Random(seed: 11), Random(seed: 11))
      first.shuffle(&numbers)
      second.shuffle(&words)
      #expect(numbers == words.map { Int($0) } && first == second)
    }
  }
}
