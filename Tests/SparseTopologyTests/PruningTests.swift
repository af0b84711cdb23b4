// SPDX-License-Identifier: Apache-2.0
// Espalier: the laws of dropping.

import SparseCore
import Testing

@testable import SparseTopology

@Suite("Pruning")
struct PruningTests {
  private func row(_ values: [Float]) -> SparseMatrix {
    SparseMatrix(
      pattern: SparsityPattern(rows: 1, columns: max(1, values.count), cells: Array(values.indices)),
      values: Vector(values))
  }

  @Test("the k smallest magnitudes, every list of four from five values")
  func exhaustive() {
    let choices: [Float] = [0, -0.5, 0.5, -2, 1e-30]
    for code in 0..<625 {
      let values = (0..<4).map { choices[code / [1, 5, 25, 125][$0] % 5] }
      let order = values.indices.sorted {
        values[$0].magnitude == values[$1].magnitude ? $0 < $1 : values[$0].magnitude < values[$1].magnitude
      }
      for count in 0...4 {
        #expect(Pruning.magnitude.positions(dropping: count, of: row(values)) == order.prefix(count).sorted())
      }
    }
  }

  @Test("the radix selection agrees with a sort, with 1 and 3 threads", arguments: [1, 2, 100, 3001, 40_000], [1, 3])
  func selection(count: Int, threads: Int) {
    let workers = Workers(threads: threads)
    for ties in [false, true] {
      var random = Random(seed: UInt64(count))
      let keys = (0..<count).map { _ in ties ? UInt32(random.below(4)) << 9 : random.nextWord() }
      let order = keys.indices.sorted { keys[$0] == keys[$1] ? $0 < $1 : keys[$0] < keys[$1] }
      for chosen in Set([0, 1, count / 3, count - 1, count]) {
        let positions = keys.withUnsafeBufferPointer { buffer -> [Int] in
          guard let start = buffer.baseAddress else { return [] }
          return RadixSelection.positions(
            smallest: chosen, of: count, keys: StoredKeys(keys: start), workers: workers)
        }
        #expect(positions == order.prefix(chosen).sorted())
      }
    }
  }

  @Test("by sign a large layer drops what sorting drops, with 1 and 3 threads", arguments: [1, 3], [false, true])
  func bySignLarge(threads: Int, ties: Bool) {
    let weights = Samples.weights(300, 400, count: 40_000, seed: 6, ties: ties)
    let values = weights.values.elements
    func order(_ keep: (Float) -> Bool) -> [Int] {
      values.indices.filter { keep(values[$0]) }.sorted {
        values[$0].magnitude == values[$1].magnitude ? $0 < $1 : values[$0].magnitude < values[$1].magnitude
      }
    }
    let (zeros, positives, negatives) = (order { $0 == 0 }, order { $0 > 0 }, order { $0 < 0 })
    for count in [1, zeros.count, 12_000, 40_000] where count > 0 {
      let left = max(0, count - zeros.count)
      let share = Int((Double(left) * Double(positives.count) / Double(positives.count + negatives.count)).rounded())
      let expected = zeros.prefix(count) + positives.prefix(share) + negatives.prefix(left - share)
      let dropped = Pruning.magnitudeBySign.positions(
        dropping: count, of: weights, workers: Workers(threads: threads))
      #expect(dropped == expected.sorted(), "drop \(count)")
    }
  }

  @Test("by sign: zeros first, then the same share of both signs, nearest zero first")
  func bySign() {
    let weights = row([0.9, -0.1, 0, 0.2, -0.8, 0.1, -0.2, 0.8, -0.9, 0.3])
    // One zero, five positives, four negatives.
    let expected: [[Int]] = [
      [], [2], [2, 5], [1, 2, 5], [1, 2, 3, 5], [1, 2, 3, 5, 6], [1, 2, 3, 5, 6, 9], [1, 2, 3, 4, 5, 6, 9],
      [1, 2, 3, 4, 5, 6, 7, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9], Array(0..<10),
    ]
    for count in 0...10 {
      #expect(Pruning.magnitudeBySign.positions(dropping: count, of: weights) == expected[count], "drop \(count)")
    }
  }

  @Test("by sign an odd connection between equal sides is a positive one")
  func bySignTie() {
    let weights = row([-0.1, 0.5, -0.2, 0.6])
    #expect(Pruning.magnitudeBySign.positions(dropping: 1, of: weights) == [1])
    #expect(Pruning.magnitudeBySign.positions(dropping: 3, of: weights) == [0, 1, 3])
  }

  @Test("by sign the count is exact and neither sign gives more than its share")
  func bySignCounts() {
    for seed in 0..<20 as Range<UInt64> {
      let weights = Samples.weights(9, 11, count: 1 + Int(seed) * 4, seed: seed, ties: seed % 2 == 0)
      let values = weights.values.elements
      for count in 0...weights.count {
        let dropped = Pruning.magnitudeBySign.positions(dropping: count, of: weights)
        #expect(dropped.count == count && Set(dropped).count == count && dropped == dropped.sorted())
        let zeros = values.count { $0 == 0 }
        let left = max(0, count - zeros)
        let positives = values.count { $0 > 0 }
        let share = Double(left * positives) / Double(max(1, values.count - zeros))
        #expect(abs(Double(dropped.count { values[$0] > 0 }) - share) <= 0.5)
        let survivors = values.indices.filter { !dropped.contains($0) }
        let weakest = survivors.filter { values[$0] > 0 }.map { values[$0] }.min() ?? .infinity
        #expect(dropped.allSatisfy { values[$0] <= weakest })
      }
    }
  }

  @Test("signed zeros are zeros and NaN is dropped last")
  func special() {
    let weights = row([.nan, -0.0, 1, -.nan, -1, .infinity])
    #expect(Pruning.magnitude.positions(dropping: 4, of: weights) == [1, 2, 4, 5])
    #expect(Pruning.magnitudeBySign.positions(dropping: 1, of: weights) == [1])
    #expect(Pruning.magnitudeBySign.positions(dropping: 3, of: weights) == [1, 2, 4])
  }
}
