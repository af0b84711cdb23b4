// SPDX-License-Identifier: Apache-2.0
// Espalier: whether the parts of a pattern only attract each other.

/// What is known about the submodularity of a pattern's surprisal: p(S ∪ i) p(S ∪ j) ≤ p(S ∪ ij) p(S) for all parts S, i and j.
///
/// Where it holds, merging blocks never hurts, the best partition is in two, and `leastBipartition()` finds it.
public enum SubmodularityCertificate: Sendable, Hashable {
  /// All parts were checked, each within 1e-12 bits.
  case everyPart
  /// The model's tables are all log-supermodular once the pattern's values are put on top of each node's states, so that its joint
  /// law is, and with it every marginal and conditional law; checked within a relative 1e-13 a table.
  ///
  /// Source: S. Karlin, Y. Rinott, *Classes of orderings of measures and related correlation inequalities I*, Journal of Multivariate
  /// Analysis 10, 1980.
  case attractiveTables
  /// It does not hold: given the part on `nodes`, `first` and `second` repel each other by `excess` bits.
  case violated(nodes: [Int], first: Int, second: Int, excess: Double)
  /// As many random parts were checked without a violation. This proves nothing.
  case sampled(Int)

  /// Whether submodularity is proved, up to the rounding stated at the cases.
  public var isProof: Bool {
    switch self {
    case .everyPart, .attractiveTables: true
    case .violated, .sampled: false
    }
  }
}
