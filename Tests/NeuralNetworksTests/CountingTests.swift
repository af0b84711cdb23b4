// SPDX-License-Identifier: Apache-2.0
// Espalier: sums of activations and counts of right answers.

import SparseCore
import Testing

@Suite struct CountingTests {
  @Test("right answers are counted sample by sample, the lower class wins ties, padding does not count")
  func right() {
    for samples in batches {
      var random = Random(seed: 5).split(samples)
      let scores = random.activations(features: 5, samples: samples, padding: 9)
      var labels: [Int32] = []
      var expected = 0
      for sample in 0..<samples {
        // Few whole numbers, so that many samples have ties.
        for feature in 0..<5 { scores[feature, sample] = Float(random.below(3)) }
        let column = (0..<5).map { scores[$0, sample] }
        labels.append(Int32(random.below(3)))
        if column.firstIndex(of: column.max() ?? 0) == Int(labels[sample]) { expected += 1 }
      }
      #expect(Kernels.countRight(scores, labels: labels + [0, 0]) == expected)
    }
  }

  @Test("a sum of activations may be written over one of them")
  func sums() {
    let workers = Workers(threads: 2)
    for samples in batches {
      var random = Random(seed: 6).split(samples)
      let a = random.activations(features: 7, samples: samples)
      let b = random.activations(features: 7, samples: samples)
      let expected = zip(a.table, b.table).map { zip($0, $1).map { Double(Float($0) + Float($1)) } }
      let y = Activations(features: 7, capacity: samples)
      y.fill(4)
      Kernels.sum(a, b, into: y, workers: workers)
      #expect(y.table == expected && y.paddingIsZero)
      Kernels.sum(a, b, into: b, workers: workers)
      #expect(b.table == expected)
      Kernels.sum(a, a, into: a, workers: workers)
      #expect(a.paddingIsZero)
    }
  }
}
