// SPDX-License-Identifier: Apache-2.0
// Espalier: losses of a batch and their gradients.
//
// Each returns the sum over the samples, block after block, in double precision. A gradient, when given, takes the
// samples of the scores, is multiplied by `scale` (1 / samples for a mean), and is zero in padded lanes.

internal import CKernels

extension Kernels {
  /// Softmax cross-entropy of scores [classes, samples] with one label in `0 ..< classes` a sample.
  ///
  /// - Parameter smoothing: s in [0, 1): the target is (1 - s) at the label and s / classes everywhere.
  package static func softmaxCrossEntropy(
    scores: Activations, labels: [Int32], smoothing: Float = 0, scale: Float, gradient: Activations?
  ) -> Double {
    precondition(
      labels.count == scores.samples, "\(labels.count) labels for scores of \(scores.samples) samples")
    for label in labels {
      precondition(label >= 0 && label < scores.features, "label \(label) of \(scores.features) classes")
    }
    prepare(gradient, for: scores)
    return labels.withUnsafeBufferPointer { labels in
      guard let labels = labels.baseAddress else { return 0 }
      var total = 0.0
      for block in 0..<scores.blocks {
        total += table.pointee.softmax_cross_entropy(
          Int64(scores.features), Int64(scores.lanes), Int64(scores.samples(inBlock: block)), scores.block(block),
          labels + block * scores.lanes, smoothing, scale, gradient?.block(block))
      }
      return total
    }
  }

  /// y = softmax over the features of every sample; `y` takes the samples of the scores and must be another object.
  package static func softmax(_ scores: Activations, into y: Activations) {
    precondition(scores !== y, "softmax cannot work in place")
    prepare(y, for: scores)
    for block in 0..<scores.blocks {
      table.pointee.softmax(
        Int64(scores.features), Int64(scores.lanes), scores.block(block), y.block(block))
    }
  }

  /// The sum over samples of the mean over outputs of (y - t)².
  package static func squaredError(
    outputs: Activations, targets: Activations, scale: Float, gradient: Activations?
  ) -> Double {
    checkTargets(outputs, targets, gradient)
    var total = 0.0
    for block in 0..<outputs.blocks {
      total += table.pointee.squared_error(
        Int64(outputs.features), Int64(outputs.lanes), Int64(outputs.samples(inBlock: block)), outputs.block(block),
        targets.block(block), scale, gradient?.block(block))
    }
    return total
  }

  /// The sum over samples of the mean over outputs of Huber's loss: d²/2 up to |d| = delta, then delta (|d| - delta/2).
  package static func huber(
    outputs: Activations, targets: Activations, delta: Float, scale: Float, gradient: Activations?
  ) -> Double {
    checkTargets(outputs, targets, gradient)
    precondition(delta > 0, "a Huber threshold of \(delta)")
    var total = 0.0
    for block in 0..<outputs.blocks {
      total += table.pointee.huber(
        Int64(outputs.features), Int64(outputs.lanes), Int64(outputs.samples(inBlock: block)), outputs.block(block),
        targets.block(block), delta, scale, gradient?.block(block))
    }
    return total
  }

  /// The sum over samples of the mean over outputs of the binary cross-entropy of logits, targets in [0, 1].
  package static func binaryCrossEntropy(
    logits: Activations, targets: Activations, scale: Float, gradient: Activations?
  ) -> Double {
    checkTargets(logits, targets, gradient)
    var total = 0.0
    for block in 0..<logits.blocks {
      total += table.pointee.binary_cross_entropy(
        Int64(logits.features), Int64(logits.lanes), Int64(logits.samples(inBlock: block)), logits.block(block),
        targets.block(block), scale, gradient?.block(block))
    }
    return total
  }

  private static func checkTargets(
    _ outputs: Activations, _ targets: Activations, _ gradient: Activations?
  ) {
    checkTwins(outputs, targets)
    checkSameSamples(outputs, targets)
    prepare(gradient, for: outputs)
  }

  private static func prepare(_ gradient: Activations?, for scores: Activations) {
    guard let gradient else { return }
    checkTwins(scores, gradient)
    precondition(gradient !== scores, "a gradient cannot take the place of its scores")
    gradient.resize(samples: scores.samples)
  }
}
