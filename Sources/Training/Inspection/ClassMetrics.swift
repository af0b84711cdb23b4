// SPDX-License-Identifier: Apache-2.0
// Espalier: the quality of a model, class by class.

/// How well a model tells one class from the others.
public struct ClassMetrics: Sendable, Equatable {
  /// The class.
  public let name: String
  /// Samples that are of it.
  public let samples: Int
  /// Samples that were taken for it.
  public let predicted: Int
  /// Samples of it that were taken for it.
  public let right: Int

  /// The share of the samples taken for it that are of it; nil when none was.
  public var precision: Double? { predicted == 0 ? nil : Double(right) / Double(predicted) }
  /// The share of its samples that were taken for it; nil when there are none.
  public var recall: Double? { samples == 0 ? nil : Double(right) / Double(samples) }
  /// The harmonic mean of precision and recall; nil when there is neither a sample nor a prediction.
  public var f1: Double? {
    samples + predicted == 0 ? nil : 2 * Double(right) / Double(samples + predicted)
  }
}

extension Metrics {
  /// One line a class, from the confusion matrix; empty for regression.
  ///
  /// - Parameter names: the classes' names in the model's order.
  public func classMetrics(names: [String]) -> [ClassMetrics] {
    let count = names.count
    guard !confusion.isEmpty else { return [] }
    precondition(confusion.count == count * count, "\(count) names for \(confusion.count) cells")
    return names.indices.map { index in
      ClassMetrics(
        name: names[index], samples: confusion[index * count..<(index + 1) * count].reduce(0, +),
        predicted: (0..<count).reduce(0) { $0 + confusion[$1 * count + index] },
        right: confusion[index * count + index])
    }
  }
}
