// SPDX-License-Identifier: Apache-2.0
// Espalier: how dropped connections are shared out between layers.

/// How many connections each layer grows, given how many each has dropped.
///
/// Rules that move connections between layers (DSR, SNFS) will be further cases: they see all layers at once.
public enum Redistribution: Sendable, Equatable {
  /// Every layer grows what it has dropped.
  case none

  /// The connections each layer grows.
  ///
  /// - Parameters:
  ///   - dropped: connections each layer has dropped.
  ///   - capacities: the most each layer can grow.
  /// - Invariant: the sums of `dropped` and of the result agree.
  public func growthCounts(dropped: [Int], capacities: [Int]) -> [Int] {
    precondition(dropped.count == capacities.count, "\(dropped.count) layers, \(capacities.count) capacities")
    switch self {
    case .none:
      for layer in dropped.indices {
        precondition(
          dropped[layer] <= capacities[layer],
          "layer \(layer) dropped \(dropped[layer]) and can grow \(capacities[layer])")
      }
      return dropped
    }
  }
}
