// SPDX-License-Identifier: Apache-2.0
// Espalier: counting right answers, and sums of activations.

extension Kernels {
  /// y = a + b over the samples of `a`, padding included; y may be one of them.
  package static func sum(_ a: Activations, _ b: Activations, into y: Activations, workers: Workers) {
    checkTwins(a, b)
    checkSameSamples(a, b)
    checkTwins(a, y)
    y.resize(samples: a.samples)
    let count = a.blocks * a.blockStride
    let job = (
      a: LaneBlock(a.block(0)), b: LaneBlock(b.block(0)), y: LaneBlock(y.block(0)), count: count
    )
    workers.run(chunks(count), job, parallel: worthSharing(count)) { job, task in
      for index in stride(from: task * chunk, to: min(job.count, (task + 1) * chunk), by: 16) {
        job.y[index] = job.a[index] + job.b[index]
      }
    }
  }

  /// Samples whose highest score is that of their label; equal scores go to the lower class.
  package static func countRight(_ scores: Activations, labels: [Int32]) -> Int {
    precondition(labels.count >= scores.samples, "\(labels.count) labels for \(scores.samples) samples")
    var right = 0
    for block in 0..<scores.blocks {
      let values = scores.block(block)
      for lane in 0..<scores.samples(inBlock: block) {
        var best = 0
        for feature in 1..<max(1, scores.features)
        where values[feature * scores.lanes + lane] > values[best * scores.lanes + lane] {
          best = feature
        }
        if best == Int(labels[block * scores.lanes + lane]) { right += 1 }
      }
    }
    return right
  }
}
