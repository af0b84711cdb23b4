// SPDX-License-Identifier: Apache-2.0
// Espalier: losses of a batch and their gradients.
//
// Each returns the sum over the samples, block after block, in double precision. A gradient, when given, takes the
// samples of the scores, is multiplied by `scale` (1 / samples for a mean), and is zero in padded lanes.

internal import CKernels

/// What the blocks of a loss share.
private struct LossJob {
  let kernels: UnsafePointer<espalier_kernels>
  let scores: Activations
  let targets: Activations
  let labels: UnsafePointer<Int32>?
  /// The smoothing or the threshold, where the loss has one.
  let parameter: Float
  let scale: Float
  let gradient: Activations?
  let loss: (LossJob, Int) -> Double

  var features: Int64 { Int64(scores.features) }
  var lanes: Int64 { Int64(scores.lanes) }

  func samples(_ block: Int) -> Int64 { Int64(scores.samples(inBlock: block)) }
}

extension Kernels {
  /// Softmax cross-entropy of scores [classes, samples] with one label in `0 ..< classes` a sample.
  ///
  /// - Parameter smoothing: s in [0, 1): the target is (1 - s) at the label and s / classes everywhere.
  package static func softmaxCrossEntropy(
    scores: Activations, labels: [Int32], smoothing: Float = 0, scale: Float, gradient: Activations?, workers: Workers
  ) -> Double {
    precondition(
      labels.count >= scores.samples, "\(labels.count) labels for scores of \(scores.samples) samples")
    for sample in 0..<scores.samples {
      let label = labels[sample]
      precondition(label >= 0 && label < scores.features, "label \(label) of \(scores.features) classes")
    }
    return labels.withUnsafeBufferPointer { labels in
      sum(
        scores, scores, labels: labels.baseAddress, parameter: smoothing, scale: scale, gradient: gradient,
        workers: workers
      ) { job, block in
        guard let labels = job.labels else { return 0 }
        return job.kernels.pointee.softmax_cross_entropy(
          job.features, job.lanes, job.samples(block), job.scores.block(block), labels + block * job.scores.lanes,
          job.parameter, job.scale, job.gradient?.block(block))
      }
    }
  }

  /// The sum over samples of the mean over outputs of (y - t)².
  package static func squaredError(
    outputs: Activations, targets: Activations, scale: Float, gradient: Activations?, workers: Workers
  ) -> Double {
    sum(outputs, targets, parameter: 0, scale: scale, gradient: gradient, workers: workers) { job, block in
      job.kernels.pointee.squared_error(
        job.features, job.lanes, job.samples(block), job.scores.block(block), job.targets.block(block), job.scale,
        job.gradient?.block(block))
    }
  }

  /// The sum over samples of the mean over outputs of Huber's loss: d²/2 up to |d| = delta, then delta (|d| - delta/2).
  package static func huber(
    outputs: Activations, targets: Activations, delta: Float, scale: Float, gradient: Activations?, workers: Workers
  ) -> Double {
    precondition(delta > 0, "a Huber threshold of \(delta)")
    return sum(
      outputs, targets, parameter: delta, scale: scale, gradient: gradient, workers: workers
    ) { job, block in
      job.kernels.pointee.huber(
        job.features, job.lanes, job.samples(block), job.scores.block(block), job.targets.block(block), job.parameter,
        job.scale, job.gradient?.block(block))
    }
  }

  /// The sum over samples of the mean over outputs of the binary cross-entropy of logits, targets in [0, 1].
  package static func binaryCrossEntropy(
    logits: Activations, targets: Activations, scale: Float, gradient: Activations?, workers: Workers
  ) -> Double {
    sum(logits, targets, parameter: 0, scale: scale, gradient: gradient, workers: workers) { job, block in
      job.kernels.pointee.binary_cross_entropy(
        job.features, job.lanes, job.samples(block), job.scores.block(block), job.targets.block(block), job.scale,
        job.gradient?.block(block))
    }
  }

  /// Shares the blocks out and adds their losses in order.
  ///
  /// The parts lie on the stack for up to 128 blocks.
  private static func sum(
    _ scores: Activations, _ targets: Activations, labels: UnsafePointer<Int32>? = nil, parameter: Float,
    scale: Float, gradient: Activations?, workers: Workers, _ loss: @escaping (LossJob, Int) -> Double
  ) -> Double {
    checkTwins(scores, targets)
    checkSameSamples(scores, targets)
    if let gradient { prepare(gradient, for: scores) }
    let job = LossJob(
      kernels: table, scores: scores, targets: targets, labels: labels, parameter: parameter, scale: scale,
      gradient: gradient, loss: loss)
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: scores.blocks) { parts in
      let parallel = worthSharing(16 * scores.features * scores.samples)
      workers.run(scores.blocks, (job, parts), parallel: parallel) { pair, block in
        let (job, parts) = pair
        parts.initializeElement(at: block, to: job.loss(job, block))
      }
      return parts.reduce(0, +)
    }
  }

  private static func prepare(_ gradient: Activations, for scores: Activations) {
    checkTwins(scores, gradient)
    precondition(gradient !== scores, "a result cannot take the place of its scores")
    gradient.resize(samples: scores.samples)
  }
}
