// SPDX-License-Identifier: Apache-2.0
// Espalier: what training makes small.

public import SparseCore

/// A loss and its gradient, averaged over samples (and over outputs, but for cross-entropy).
public enum Loss: Sendable, Equatable {
  /// -Σ_c t_c log softmax(z)_c with t = (1 - s) onehot + s / classes, for class labels. `labelSmoothing` is s.
  case crossEntropy(labelSmoothing: Float)
  /// Mean over outputs of (y - t)².
  case meanSquaredError
  /// Mean over outputs of d²/2 for |d| ≤ δ, else δ (|d| - δ/2), with d = y - t.
  case huber(delta: Float)
  /// Mean over outputs of -t log σ(z) - (1 - t) log(1 - σ(z)), on scores before the sigmoid, targets in [0, 1].
  case binaryCrossEntropy

  /// Cross-entropy without label smoothing.
  public static var crossEntropy: Loss { .crossEntropy(labelSmoothing: 0) }
  /// The Huber loss with threshold 1.
  public static var huber: Loss { .huber(delta: 1) }

  /// Whether targets are class labels rather than values.
  public var takesLabels: Bool {
    if case .crossEntropy = self { true } else { false }
  }

  /// The sum of the loss over the samples, and its gradient times `scale`.
  ///
  /// - Parameters:
  ///   - scores: the network's outputs, `[outputs, samples]`.
  ///   - targets: what they should be.
  ///   - scale: the factor of the gradient, 1 / batch for a mean.
  ///   - gradient: where it goes, `[outputs, samples]`; nil for evaluation.
  public func evaluate(
    _ scores: Activations, _ targets: TargetBatch, scale: Float, gradient: Activations?, workers: Workers
  ) -> Double {
    switch self {
    case .crossEntropy(let smoothing):
      return Kernels.softmaxCrossEntropy(
        scores: scores, labels: targets.labels, smoothing: smoothing, scale: scale, gradient: gradient, workers: workers
      )
    case .meanSquaredError:
      return Kernels.squaredError(
        outputs: scores, targets: targets.values, scale: scale, gradient: gradient, workers: workers)
    case .huber(let delta):
      return Kernels.huber(
        outputs: scores, targets: targets.values, delta: delta, scale: scale, gradient: gradient, workers: workers)
    case .binaryCrossEntropy:
      return Kernels.binaryCrossEntropy(
        logits: scores, targets: targets.values, scale: scale, gradient: gradient, workers: workers)
    }
  }
}

/// The targets of one batch, in the form that the loss takes; made once, filled for each batch.
///
/// A step owns it, which makes `@unchecked Sendable` sound.
public final class TargetBatch: @unchecked Sendable {
  /// The class of each sample; entries past the batch are not read.
  public internal(set) var labels: [Int32]
  /// The values of each sample, `[outputs, samples]`.
  public let values: Activations

  /// Makes room for `capacity` samples of a loss.
  public init(loss: Loss, outputs: Int, capacity: Int) {
    labels = [Int32](repeating: 0, count: capacity)
    values = Activations(features: loss.takesLabels ? 0 : outputs, capacity: capacity)
  }

  /// Takes the classes of the samples `order[range]`.
  ///
  /// For a loss on values they become one-hot vectors, or 0 and 1 for a single output.
  public func fill(classes: [Int32], order: [Int], range: Range<Int>) {
    values.resize(samples: range.count)
    for (sample, index) in range.enumerated() { labels[sample] = classes[order[index]] }
    guard values.features > 0 else { return }
    values.fill(0)
    for sample in 0..<range.count {
      if values.features == 1 {
        values[0, sample] = Float(labels[sample])
      } else {
        values[Int(labels[sample]), sample] = 1
      }
    }
  }

  /// Takes the rows `order[range]` of a table of values `[samples, outputs]`.
  public func fill(values table: Matrix, order: [Int], range: Range<Int>, workers: Workers) {
    precondition(
      table.columns == values.features, "\(table.columns) target columns for \(values.features) outputs")
    Kernels.gather(rows: order, range: range, from: table, into: values, workers: workers)
  }
}
