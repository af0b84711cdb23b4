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
  /// - Complexity: O(connections) time, O(*count*) memory.
  /// - Invariant: exactly `count` distinct positions (none for ``none``).
  public func positions(dropping count: Int, of weights: SparseMatrix) -> [Int] {
    precondition(count >= 0 && count <= weights.count, "drop \(count) of \(weights.count) connections")
    switch self {
    case .none:
      return []
    case .magnitude:
      return weights.values.read { values in
        RadixSelection.positions(smallest: count, of: weights.count) { values[$0].bitPattern & 0x7fff_ffff }
      }
    case .magnitudeBySign:
      return Self.bySign(count, weights)
    #if !hasFeature(Embedded)
      case .custom(let rule):
        let positions = rule.positions(dropping: count, of: weights)
        precondition(positions.count == count, "\(rule.name) dropped \(positions.count) of \(count) connections")
        return positions
    #endif
    }
  }

  private static func bySign(_ count: Int, _ weights: SparseMatrix) -> [Int] {
    weights.values.read { values in
      var positives = 0
      var negatives = 0
      for position in 0..<weights.count where values[position] != 0 {
        if values[position].sign == .plus { positives += 1 } else { negatives += 1 }
      }
      let signed = positives + negatives
      let zeros = min(count, weights.count - signed)
      let left = count - zeros
      let fromPositives = share(of: left, for: positives, in: signed)
      let cuts = [
        cut(zeros, weights.count) { values[$0] == 0 ? 0 : .max },
        cut(fromPositives, weights.count) {
          values[$0] != 0 && values[$0].sign == .plus ? magnitude(values[$0]) : .max
        },
        cut(left - fromPositives, weights.count) {
          values[$0] != 0 && values[$0].sign == .minus ? magnitude(values[$0]) : .max
        },
      ]
      return merge(cuts)
    }
  }

  /// left x part / whole, halves rounded up.
  private static func share(of left: Int, for part: Int, in whole: Int) -> Int {
    guard whole > 0 else { return 0 }
    let (quotient, remainder) = whole.dividingFullWidth(left.multipliedFullWidth(by: part))
    return remainder >= whole - remainder ? quotient + 1 : quotient
  }

  @inline(__always)
  private static func magnitude(_ value: Float) -> UInt32 { value.bitPattern & 0x7fff_ffff }

  private static func cut(_ chosen: Int, _ count: Int, key: (Int) -> UInt32) -> [Int] {
    RadixSelection.positions(smallest: chosen, of: count, key: key)
  }

  private static func merge(_ cuts: [[Int]]) -> [Int] {
    var all = cuts.flatMap { $0 }
    radixSort(&all)
    return all
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
