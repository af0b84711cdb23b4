// SPDX-License-Identifier: Apache-2.0
// Espalier: a variable whose values have become states.

/// A variable with a few states, and how they came about.
public struct BinnedVariable: Sendable, Hashable {
  /// What the variable is called.
  public let name: String
  /// How it was binned.
  public let binning: Binning
  /// Where a bin ends and the next begins, which it belongs to; none for categories.
  public let edges: [Double]
  /// What the states are called: "<0.5", ">=0.5", or the categories.
  public let stateNames: [String]
  /// The rows in each state.
  public let counts: [Int]
  /// What a user should know: a constant variable, fewer bins than asked for, empty bins.
  public let note: String?
  /// The state of each row.
  let codes: [UInt16]

  /// The number of states.
  public var stateCount: Int { stateNames.count }

  /// The same states in other rows.
  func with(_ codes: [UInt16]) -> BinnedVariable {
    BinnedVariable(
      name: name, binning: binning, edges: edges, stateNames: stateNames, counts: Self.counts(codes, stateNames.count),
      note: note, codes: codes)
  }

  /// How often each state occurs.
  static func counts(_ codes: [UInt16], _ states: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: states)
    for code in codes { counts[Int(code)] += 1 }
    return counts
  }
}
