// SPDX-License-Identifier: Apache-2.0
// Espalier: the share of connections that an update moves.

internal import SparseCore

/// The share of a layer's connections that an update moves, over the time of training.
public enum DropFraction: Sendable, Equatable {
  /// Always the same share, 0 ... 1.
  case constant(Double)
  /// From this share down to 0 at the end of updates: f/2 (1 + cos(pi t / end)).
  ///
  /// Source: T. Dettmers, L. Zettlemoyer, *Sparse networks from scratch*, 2019, arXiv:1907.04840; U. Evci et al.,
  /// *Rigging the lottery*, ICML 2020, section 3 (2).
  case cosine(from: Double)

  /// The share at the start.
  public var initial: Double {
    switch self {
    case .constant(let fraction), .cosine(from: let fraction): fraction
    }
  }

  /// The share at a part of the time of updates.
  ///
  /// - Parameter progress: 0 at the start, 1 at the end of updates.
  public func fraction(at progress: Double) -> Double {
    switch self {
    case .constant(let fraction): fraction
    case .cosine(from: let fraction): fraction / 2 * (1 + cosineOfHalfTurns(progress))
    }
  }
}
