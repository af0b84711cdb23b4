// SPDX-License-Identifier: Apache-2.0
// Espalier: the streams of rows and the numbers drawn from them.

import SparseCore
import Testing

@testable import SparseTopology

@Suite("Sampling")
struct SamplingTests {
  @Test("a row's stream is Philox with its purpose and index in the counter")
  func stream() {
    let index = 5 << 32 | 7
    let expected = (0..<13 as Range<UInt32>).flatMap { position in
      let block = Random.philox(
        counter: SIMD4(position, RowStream.Purpose.rows.rawValue, 7, 5), key: SIMD2(0x89ab_cdef, 0x0123_4567))
      return (0..<4).map { block[$0] }
    }
    RowStream.lend(key: 0x0123_4567_89ab_cdef, purpose: .rows) { stream in
      for _ in 0..<2 {
        stream.begin(index)
        #expect((0..<52).map { _ in stream.word() } == expected)
      }
    }
  }

  @Test("different numbers are sorted, in range and as many as asked for, whichever way they are drawn")
  func distinct() {
    var distinct = DistinctColumns()
    let cases: [(count: Int, bound: Int)] = [
      (0, 5), (5, 5), (1, 1), (3, 5), (16, 40), (40, 3000), (2900, 3000), (2999, 3000), (64, 128), (100, 1_000_000),
      (16, 2_000_000_000), (63, 64), (129, 192),
    ]
    for (count, bound) in cases {
      // One number more than is drawn, to see that nothing is written beyond.
      var numbers = [UInt32](repeating: .max, count: count + 1)
      RowStream.lend(key: 3, purpose: .columns) { stream in
        stream.begin(count)
        numbers.withUnsafeMutableBufferPointer { numbers in
          guard let start = numbers.baseAddress else { return }
          distinct.draw(UInt32(count), below: UInt32(bound), &stream, into: start)
        }
      }
      #expect(numbers.removeLast() == .max)
      #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "\(count) below \(bound)")
      #expect(numbers.allSatisfy { $0 < bound })
    }
  }

  @Test("unmarked numbers are drawn around the marked ones, every set equally likely")
  func unmarked() {
    var distinct = DistinctColumns()
    var hits: [[UInt32]: Int] = [:]
    RowStream.lend(key: 4, purpose: .columns) { stream in
      stream.begin(0)
      for _ in 0..<1050 {
        var numbers = [UInt32](repeating: 0, count: 2)
        numbers.withUnsafeMutableBufferPointer { numbers in
          guard let start = numbers.baseAddress else { return }
          distinct.drawUnmarked(2, below: 70, from: 10, &stream, into: start) { marks in
            // Free are 0, 1, 2, 3, 65, 67 and 69.
            marks[0] = ~0b1111
            marks[1] = 0b010101
          }
        }
        hits[numbers, default: 0] += 1
      }
    }
    let free: Set<UInt32> = [10, 11, 12, 13, 75, 77, 79]
    #expect(hits.count == 21 && hits.keys.allSatisfy { $0[0] < $0[1] && free.isSuperset(of: $0) })
    let chiSquare = hits.values.reduce(0) { $0 + Double(($1 - 50) * ($1 - 50)) / 50 }
    #expect(chiSquare < 52, "\(chiSquare)")
  }

  @Test("a set of positions knows its members and counts them", arguments: [1, 3])
  func positions(threads: Int) {
    var random = Random(seed: 5)
    let positions = random.distinct(30_000, below: 80_000)
    let members = Set(positions)
    let set = PositionSet(positions, below: 80_000, workers: Workers(threads: threads))
    set.read { bits in
      #expect((0..<80_000).allSatisfy { bits[$0] == (members.contains($0) ? 1 : 0) })
      for range in [0..<0, 0..<1, 63..<65, 64..<128, 5..<777, 0..<80_000] {
        #expect(bits.count(range) == positions.count { range.contains($0) }, "\(range)")
      }
    }
  }
}
