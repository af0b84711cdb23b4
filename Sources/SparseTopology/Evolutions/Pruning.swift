// SPDX-License-Identifier: Apache-2.0
// Espalier: which connections an update drops.

public import SparseCore

/// Which connections of a layer an update drops.
///
/// Ties are broken by position, so that the choice is unique. A NaN weight counts as larger than any other.
public enum Pruning: Sendable {
  /// Nothing.
  case none

  /// The weights nearest zero.
  ///
  /// Source: U. Evci et al., *Rigging the lottery: making all tickets winners*, ICML 2020, section 3 (3). The authors'
  /// code breaks ties by a tiny noise.
  case magnitude

  /// The positive weights nearest zero and the negative weights nearest zero, the same share of each.
  ///
  /// Zeros go first; what is left to drop is split between the signs in proportion to their numbers, by largest
  /// remainder.
  ///
  /// Source: D. Mocanu et al., Nature Communications 9, 2018, algorithm 1. The authors' code drops zeros on top of the
  /// share and cuts at a value, so that ties may drop more than the share; here the count is exact.
  case magnitudeBySign

  #if !hasFeature(Embedded)
    /// A rule of your own.
    case custom(any PruningRule)
  #endif

  /// The positions of `count` connections to drop, rising.
  ///
  /// - Parameter workers: the threads that may help; nil leaves the caller alone. The choice is the same.
  /// - Complexity: O(connections) time in five passes, 8 bytes a connection dropped.
  /// - Invariant: exactly `count` distinct positions (none for ``none``).
  public func positions(dropping count: Int, of weights: SparseMatrix, workers: Workers? = nil) -> [Int] {
    precondition(count >= 0 && count <= weights.count, "drop \(count) of \(weights.count) connections")
    let workers = workers ?? Workers(threads: 1)
    switch self {
    case .none:
      return []
    case .magnitude:
      return weights.values.read { values in
        RadixSelection.positions(
          smallest: count, of: weights.count, keys: Magnitudes(values: values), workers: workers)
      }
    case .magnitudeBySign:
      return weights.values.read { values in
        SignedSelection(smallest: count, of: weights.count, values: values, workers: workers).positions
      }
    #if !hasFeature(Embedded)
      case .custom(let rule):
        let positions = rule.positions(dropping: count, of: weights)
        precondition(positions.count == count, "\(rule.name) dropped \(positions.count) of \(count) connections")
        return positions
    #endif
    }
  }
}

extension Pruning: Equatable {
  /// Whether both are the same rule; rules of your own are compared by name.
  public static func == (left: Pruning, right: Pruning) -> Bool {
    switch (left, right) {
    case (.none, .none), (.magnitude, .magnitude), (.magnitudeBySign, .magnitudeBySign): true
    #if !hasFeature(Embedded)
      case (.custom(let left), .custom(let right)): left.name == right.name
    #endif
    default: false
    }
  }
}
