// SPDX-License-Identifier: Apache-2.0
// Espalier: the way in for new rules of pruning.

public import SparseCore

/// A rule of your own for what to drop.
///
///     struct Oldest: PruningRule {
///       let name = "oldest"
///       func positions(dropping count: Int, of weights: SparseMatrix) -> [Int] { Array(0..<count) }
///     }
///     let evolution = Evolution(schedule: .init(every: .epochs(1)), prune: .custom(Oldest()), grow: .random)
public protocol PruningRule: Sendable {
  /// What tells this rule from others.
  var name: String { get }

  /// Exactly `count` distinct positions of `weights`, rising.
  func positions(dropping count: Int, of weights: SparseMatrix) -> [Int]
}
