// SPDX-License-Identifier: Apache-2.0
// Espalier: how good predictions are.

public import Datasets
public import NeuralNetworks
public import SparseCore

/// The quality of a model on a data set.
public struct Metrics: Sendable, Equatable {
  /// Samples judged.
  public let count: Int
  /// The mean loss, without regularisation.
  public let loss: Double
  /// For classes: the share of samples whose highest score is the right one; nil for regression.
  public let accuracy: Double?
  /// For more than `k` classes: the share whose right class is among the `k` highest scores (k = 5, or 2 up to 5 classes).
  public let topAccuracy: Double?
  /// The *k* of `topAccuracy`.
  public let top: Int
  /// For classes: `confusion[right * classes + predicted]` counts samples; empty for regression.
  public let confusion: [Int]
  /// For regression: the root of the mean squared error over samples and outputs.
  public let rootMeanSquaredError: Double?
  /// For regression: 1 - residual / total sum of squares, over all outputs; nil when the targets do not vary.
  public let rSquared: Double?

  /// The number that a run tries to raise: accuracy, or for regression minus the root mean squared error.
  public var score: Double { accuracy ?? -(rootMeanSquaredError ?? loss) }

  /// Judges outputs `[samples, outputs]` against the targets of the same samples.
  ///
  /// A NaN score never counts as right.
  ///
  /// - Complexity: O(samples x outputs).
  public init(scores: Matrix, targets: Targets, loss: Loss, workers: Workers) {
    let order = Array(0..<scores.rows)
    self.init(
      count: scores.rows,
      loss: Self.meanLoss(scores, targets, loss, order: order, workers: workers),
      judged: {
        switch targets {
        case .classes(let labels, _): Self.judge(scores, labels, loss)
        case .values(let values): Self.judge(scores, values)
        case .none: Judgement()
        }
      }())
  }

  private init(count: Int, loss: Double, judged: Judgement) {
    self.count = count
    self.loss = loss
    accuracy = judged.accuracy
    topAccuracy = judged.topAccuracy
    top = judged.top
    confusion = judged.confusion
    rootMeanSquaredError = judged.rootMeanSquaredError
    rSquared = judged.rSquared
  }

  private struct Judgement {
    var accuracy: Double?
    var topAccuracy: Double?
    var top = 0
    var confusion: [Int] = []
    var rootMeanSquaredError: Double?
    var rSquared: Double?
  }

  private static func judge(_ scores: Matrix, _ labels: [Int32], _ loss: Loss) -> Judgement {
    var judged = Judgement()
    let single = scores.columns == 1
    let classes = single ? 2 : scores.columns
    precondition(labels.count == scores.rows, "\(labels.count) labels for \(scores.rows) samples")
    precondition(
      labels.allSatisfy { $0 >= 0 && Int($0) < classes }, "a label outside 0 ..< \(classes), the scores' classes")
    judged.top = classes > 5 ? 5 : 2
    judged.confusion = [Int](repeating: 0, count: classes * classes)
    var right = 0
    var near = 0
    for sample in 0..<scores.rows {
      let row = scores.row(sample)
      let label = Int(labels[sample])
      let predicted = Self.predictedClass(row, threshold: loss.threshold)
      judged.confusion[label * classes + predicted] += 1
      if predicted == label && !row[single ? 0 : label].isNaN { right += 1 }
      if !single {
        let better = row.indices.filter { row[$0] > row[label] || (row[$0] == row[label] && $0 < label) }.count
        if better < judged.top && !row[label].isNaN { near += 1 }
      }
    }
    let count = Double(max(1, scores.rows))
    judged.accuracy = Double(right) / count
    judged.topAccuracy = !single && classes > judged.top ? Double(near) / count : nil
    return judged
  }

  private static func judge(_ scores: Matrix, _ values: Matrix) -> Judgement {
    precondition(
      values.rows == scores.rows && values.columns == scores.columns,
      "targets of \(values.rows) x \(values.columns) for scores of \(scores.rows) x \(scores.columns)")
    var judged = Judgement()
    var residual = 0.0
    var total = 0.0
    for column in 0..<values.columns {
      var sum = 0.0
      for row in 0..<values.rows { sum += Double(values[row, column]) }
      let mean = sum / Double(max(1, values.rows))
      for row in 0..<values.rows {
        let target = Double(values[row, column])
        let error = Double(scores[row, column]) - target
        residual += error * error
        total += (target - mean) * (target - mean)
      }
    }
    judged.rootMeanSquaredError = (residual / Double(max(1, values.rows * values.columns))).squareRoot()
    judged.rSquared = total > 0 ? 1 - residual / total : nil
    return judged
  }

  /// The class of the highest score, the first of equals; with one score, whether it is above `threshold`.
  package static func predictedClass(_ scores: [Float], threshold: Float) -> Int {
    if scores.count == 1 { return scores[0] > threshold ? 1 : 0 }
    var best = 0
    for index in scores.indices where scores[index] > scores[best] || scores[best].isNaN { best = index }
    return best
  }

  private static func meanLoss(
    _ scores: Matrix, _ targets: Targets, _ loss: Loss, order: [Int], workers: Workers
  ) -> Double {
    guard scores.rows > 0 else { return 0 }
    let capacity = min(256, scores.rows)
    let outputs = Activations(features: scores.columns, capacity: capacity)
    let batch = TargetBatch(loss: loss, outputs: scores.columns, capacity: capacity)
    var sum = 0.0
    for start in stride(from: 0, to: scores.rows, by: capacity) {
      let range = start..<min(scores.rows, start + capacity)
      Kernels.gather(rows: order, range: range, from: scores, into: outputs, workers: workers)
      switch targets {
      case .classes(let labels, _): batch.fill(classes: labels, order: order, range: range)
      case .values(let values): batch.fill(values: values, order: order, range: range, workers: workers)
      case .none: return .nan
      }
      sum += loss.evaluate(outputs, batch, scale: 1, gradient: nil, workers: workers)
    }
    return sum / Double(scores.rows)
  }
}

extension Loss {
  /// Where a single score turns from class 0 to class 1: half way between the targets 0 and 1 for losses on values, 0
  /// for scores before the sigmoid.
  package var threshold: Float {
    switch self {
    case .meanSquaredError, .huber: 0.5
    case .crossEntropy, .binaryCrossEntropy: 0
    }
  }
}
