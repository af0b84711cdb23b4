// SPDX-License-Identifier: Apache-2.0
// Espalier: from scores to probabilities.

internal import NeuralNetworks
internal import SparseCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How scores become probabilities.
enum ProbabilityForm {
  /// One class of several.
  case softmax
  /// Each output by itself.
  case sigmoid

  /// The probabilities of scores `[samples, outputs]`.
  func apply(to scores: Matrix) -> Matrix {
    var result = scores
    for sample in 0..<scores.rows {
      let row = scores.row(sample)
      switch self {
      case .softmax:
        let top = Double(row.max() ?? 0)
        let powers = row.map { exp(Double($0) - top) }
        let sum = powers.reduce(0, +)
        for column in row.indices { result[sample, column] = Float(powers[column] / sum) }
      case .sigmoid:
        for column in row.indices { result[sample, column] = Float(1 / (1 + exp(-Double(row[column])))) }
      }
    }
    return result
  }
}

extension Model {
  /// How this model's scores become probabilities, nil when they do not.
  var probabilityForm: ProbabilityForm? {
    guard case .classification = task else { return nil }
    return switch loss {
    case .crossEntropy: .softmax
    case .binaryCrossEntropy: .sigmoid
    case .meanSquaredError, .huber: nil
    }
  }
}
