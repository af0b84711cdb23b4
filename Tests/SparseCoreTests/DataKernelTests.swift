// SPDX-License-Identifier: Apache-2.0
// Espalier: samples into blocks and back.

import CKernels
import SparseCore
import Testing

@Suite struct DataKernelTests {
  @Test("gather transposes chosen rows into lanes and zeroes the rest; scatter undoes it", arguments: tableNames)
  func roundTrip(name: String) throws {
    let kernels = try table(name)
    for features in [1, 3, 4, 16, 17, 35] {
      for (samples, lanes) in [(1, 1), (1, 16), (15, 16), (16, 16), (17, 32), (30, 32), (33, 64), (64, 64)] {
        var random = Random(seed: UInt64(features))
        let source = random.matrix(50, features)
        let rows = (0..<samples).map { _ in Int64(random.below(50)) }
        var block = [Float](repeating: 9, count: features * lanes)
        source.values.read { kernels.gather(Int64(features), Int64(samples), Int64(lanes), $0, rows, &block) }
        for feature in 0..<features {
          for lane in 0..<lanes {
            let want = lane < samples ? source[Int(rows[lane]), feature] : 0
            #expect(block[feature * lanes + lane] == want)
          }
        }
        var back = [Float](repeating: 9, count: features * samples + 1)
        kernels.scatter(Int64(features), Int64(samples), Int64(lanes), block, &back)
        for lane in 0..<samples {
          for feature in 0..<features {
            #expect(back[lane * features + feature] == source[Int(rows[lane]), feature])
          }
        }
        #expect(back[features * samples] == 9)
      }
    }
  }

  @Test("the wrappers take a range of an index array and write at a row")
  func wrappers() {
    var random = Random(seed: 1)
    let source = random.matrix(300, 13)
    var rows = Array(0..<300)
    random.shuffle(&rows)
    let x = Activations(features: 13, capacity: 128)
    x.fill(9)
    for (threads, range) in [(1, 10..<138), (3, 40..<110), (2, 299..<300)] {
      let workers = Workers(threads: threads)
      Kernels.gather(rows: rows, range: range, from: source, into: x, workers: workers)
      #expect(x.samples == range.count)
      #expect(x.paddingIsZero)
      var target = Matrix(rows: 150, columns: 13)
      Kernels.scatter(x, into: &target, atRow: 20, workers: workers)
      for (offset, index) in range.enumerated() {
        #expect(target.row(20 + offset) == source.row(rows[index]))
      }
      #expect(target.row(19).allSatisfy { $0 == 0 })
      #expect(target.row(20 + range.count).allSatisfy { $0 == 0 })
    }
  }
}
