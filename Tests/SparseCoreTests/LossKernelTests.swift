// SPDX-License-Identifier: Apache-2.0
// Espalier: losses against the slow truth.

import CKernels
import SparseCore
import Testing

@Suite struct LossKernelTests {
  @Test("softmax cross-entropy and its gradient, with and without smoothing", arguments: tableNames)
  func crossEntropy(name: String) throws {
    let kernels = try table(name)
    for (batch, classes) in zip(batches, [10, 1, 3, 10, 2, 7, 10, 4, 5, 10, 3, 2, 6]) {
      for smoothing: Float in [0, 0.1] {
        var random = Random(seed: UInt64(batch))
        var scores = random.matrix(classes, batch)
        for index in 0..<scores.values.count { scores.values[index] *= 8 }
        let labels = (0..<batch).map { _ in Int32(random.below(classes)) }
        let z = Activations(scores, padding: 4)
        let dz = Activations(features: classes, capacity: batch)
        dz.fill(9)
        let want = Reference.softmaxCrossEntropy(
          scores: scores, labels: labels, smoothing: Double(smoothing))
        var loss = 0.0
        var quiet = 0.0
        for block in 0..<z.blocks {
          let samples = z.samples(inBlock: block)
          let own = Array(labels[block * z.lanes..<block * z.lanes + samples])
          loss += kernels.softmax_cross_entropy(
            Int64(classes), Int64(z.lanes), Int64(samples), z.block(block), own, smoothing, 0.5, dz.block(block))
          quiet += kernels.softmax_cross_entropy(
            Int64(classes), Int64(z.lanes), Int64(samples), z.block(block), own, smoothing, 0.5, nil)
        }
        #expect(abs(loss - want.loss) < 1e-6 * (1 + want.loss), "batch \(batch)")
        #expect(loss == quiet)
        var half = want.gradient
        for index in 0..<half.values.count { half.values[index] *= 0.5 }
        #expect(distance(dz.matrix, half) < 5e-7, "batch \(batch)")
        #expect(dz.paddingIsZero)
      }
    }
  }

  @Test("pointwise losses and their gradients", arguments: tableNames)
  func pointwise(name: String) throws {
    let kernels = try table(name)
    for batch in batches {
      var random = Random(seed: UInt64(batch))
      var outputs = random.matrix(3, batch)
      var targets = random.matrix(3, batch)
      for index in 0..<outputs.values.count {
        outputs.values[index] *= index % 3 == 0 ? 50 : 2
        targets.values[index] = abs(targets.values[index])
      }
      let y = Activations(outputs, padding: 6)
      let t = Activations(targets, padding: 2)
      let losses: [(Reference.PointLoss, (Int, Int64, UnsafeMutablePointer<Float>?) -> Double)] = [
        (.squared, { kernels.squared_error(3, Int64(y.lanes), $1, y.block($0), t.block($0), 0.25, $2) }),
        (.huber(delta: 1.5), { kernels.huber(3, Int64(y.lanes), $1, y.block($0), t.block($0), 1.5, 0.25, $2) }),
        (
          .binaryCrossEntropy,
          { kernels.binary_cross_entropy(3, Int64(y.lanes), $1, y.block($0), t.block($0), 0.25, $2) }
        ),
      ]
      for (kind, kernel) in losses {
        let want = Reference.pointwise(kind, outputs: outputs, targets: targets)
        let gradient = Activations(features: 3, capacity: batch)
        gradient.fill(9)
        var loss = 0.0
        for block in 0..<y.blocks {
          let samples = Int64(y.samples(inBlock: block))
          let part = kernel(block, samples, gradient.block(block))
          #expect(part == kernel(block, samples, nil))
          loss += part
        }
        #expect(abs(loss - want.loss) < 1e-6 * (1 + want.loss), "\(kind), batch \(batch)")
        var quarter = want.gradient
        for index in 0..<quarter.values.count { quarter.values[index] *= 0.25 }
        #expect(distance(gradient.matrix, quarter) < 5e-7, "\(kind), batch \(batch)")
        #expect(gradient.paddingIsZero)
      }
    }
  }

  @Test("the wrappers add up the blocks in order and size the gradient")
  func wrappers() {
    var random = Random(seed: 6)
    let scores = random.matrix(40, 400)
    let targets = random.matrix(40, 400)
    let labels = (0..<400).map { _ in Int32(random.below(40)) }
    let want = Reference.softmaxCrossEntropy(scores: scores, labels: labels, smoothing: 0.2)
    var bytes: [[UInt32]] = []
    var sums: [[Double]] = []
    for threads in 1...3 {
      let workers = Workers(threads: threads)
      let z = Activations(scores, padding: 1, room: 600)
      let t = Activations(targets, padding: 1, room: 600)
      let gradient = Activations(features: 40, capacity: 600)
      let loss = Kernels.softmaxCrossEntropy(
        scores: z, labels: labels, smoothing: 0.2, scale: 1, gradient: gradient, workers: workers)
      #expect(gradient.samples == 400)
      #expect(abs(loss - want.loss) < 1e-6 * want.loss)
      #expect(distance(gradient.matrix, want.gradient) < 1e-6)
      bytes.append(bits(gradient))
      let pairs: [(Reference.PointLoss, Double)] = [
        (.squared, Kernels.squaredError(outputs: z, targets: t, scale: 1, gradient: nil, workers: workers)),
        (
          .huber(delta: 0.3),
          Kernels.huber(outputs: z, targets: t, delta: 0.3, scale: 1, gradient: nil, workers: workers)
        ),
        (
          .binaryCrossEntropy,
          Kernels.binaryCrossEntropy(logits: z, targets: t, scale: 1, gradient: nil, workers: workers)
        ),
      ]
      sums.append([loss] + pairs.map { $0.1 })
      guard threads == 2 else { continue }
      for (kind, got) in pairs {
        let pointwise = Reference.pointwise(kind, outputs: scores, targets: targets).loss
        #expect(abs(got - pointwise) < 1e-6 * (1 + abs(pointwise)))
      }
    }
    #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2])
    #expect(sums[0] == sums[1] && sums[0] == sums[2])
  }
}
