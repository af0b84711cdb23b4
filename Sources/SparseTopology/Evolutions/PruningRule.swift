// SPDX-License-Identifier: Apache-2.0
// Espalier: the way in for new rules of pruning.

public import SparseCore

/// A rule of your own for what to drop.
///
///     struct Uniform: PruningRule {   // evenly spread over the layer, whatever the weights
///       let name = "uniform"
///       func positions(dropping count: Int, of weights: SparseMatrix) -> [Int] {
///         (0..<count).map { $0 * weights.count / count }
///       }
///     }
///     let evolution = Evolution(schedule: .init(every: .epochs(1)), prune: .custom(Uniform()), grow: .random)
public protocol PruningRule: Sendable {
  /// What tells this rule from others.
  var name: String { get }

  /// Exactly `count` distinct positions of `weights`, rising.
  func positions(dropping count: Int, of weights: SparseMatrix) -> [Int]
}
