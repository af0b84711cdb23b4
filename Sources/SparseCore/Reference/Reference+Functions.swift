// SPDX-License-Identifier: Apache-2.0
// Espalier: activation functions and losses, one number at a time.

#if !hasFeature(Embedded)
  #if canImport(Glibc)
    internal import Glibc
  #elseif canImport(Musl)
    internal import Musl
  #elseif canImport(Darwin)
    internal import Darwin
  #endif

  extension Reference {
    /// f(x).
    package static func activate(_ kind: ActivationKind, slope: Double = 0, _ x: Double) -> Double {
      switch kind {
      case .relu: x < 0 ? 0 : x
      case .leakyReLU: x > 0 ? x : slope * x
      case .tanh: tanh(x)
      case .sigmoid: 1 / (1 + exp(-x))
      case .gelu: x == -.infinity ? 0 : x / (1 + exp(-2 * geluInner(x)))
      }
    }

    /// f′(x).
    package static func derivative(_ kind: ActivationKind, slope: Double = 0, _ x: Double) -> Double {
      switch kind {
      case .relu: return x > 0 ? 1 : 0
      case .leakyReLU: return x > 0 ? 1 : slope
      case .tanh: return 1 - tanh(x) * tanh(x)
      case .sigmoid: return 1 / (2 + exp(x) + exp(-x))
      case .gelu:
        if abs(x) > 100 { return x > 0 ? 1 : 0 }
        let inner = tanh(geluInner(x))
        let innerSlope = (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * x * x)
        return 0.5 * (1 + inner) + 0.5 * x * (1 - inner * inner) * innerSlope
      }
    }

    private static func geluInner(_ x: Double) -> Double {
      (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
    }

    /// The summed cross-entropy of softmax against smoothed labels, and its gradient by the scores.
    package static func softmaxCrossEntropy(
      scores: Matrix, labels: [Int32], smoothing: Double
    ) -> (loss: Double, gradient: Matrix) {
      var loss = 0.0
      var gradient = Matrix(rows: scores.rows, columns: scores.columns)
      for sample in 0..<scores.columns {
        let column = (0..<scores.rows).map { Double(scores[$0, sample]) }
        let top = column.max() ?? 0
        let logSum = top + log(column.reduce(0) { $0 + exp($1 - top) })
        for row in 0..<scores.rows {
          let hit = row == Int(labels[sample]) ? 1 - smoothing : 0
          let target = hit + smoothing / Double(scores.rows)
          loss += target * (logSum - column[row])
          gradient[row, sample] = Float(exp(column[row] - logSum) - target)
        }
      }
      return (loss, gradient)
    }

    /// A loss between two numbers, and its derivative by the first.
    package enum PointLoss {
      case squared
      case huber(delta: Double)
      case binaryCrossEntropy

      package func loss(_ y: Double, _ t: Double) -> (loss: Double, slope: Double) {
        let difference = y - t
        switch self {
        case .squared:
          return (difference * difference, 2 * difference)
        case .huber(let delta):
          let size = abs(difference)
          return size <= delta
            ? (0.5 * difference * difference, difference)
            : (delta * (size - 0.5 * delta), difference > 0 ? delta : -delta)
        case .binaryCrossEntropy:
          return (max(y, 0) - y * t + log1p(exp(-abs(y))), 1 / (1 + exp(-y)) - t)
        }
      }
    }

    /// The sum over samples of the mean of a loss over outputs, and its gradient.
    package static func pointwise(
      _ kind: PointLoss, outputs: Matrix, targets: Matrix
    ) -> (loss: Double, gradient: Matrix) {
      var total = 0.0
      var gradient = Matrix(rows: outputs.rows, columns: outputs.columns)
      for row in 0..<outputs.rows {
        for sample in 0..<outputs.columns {
          let (loss, slope) = kind.loss(Double(outputs[row, sample]), Double(targets[row, sample]))
          total += loss / Double(outputs.rows)
          gradient[row, sample] = Float(slope / Double(outputs.rows))
        }
      }
      return (total, gradient)
    }
  }
#endif
