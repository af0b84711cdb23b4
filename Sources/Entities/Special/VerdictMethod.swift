// SPDX-License-Identifier: Apache-2.0
// Espalier: ways to a verdict.

/// How a verdict on a pattern was reached.
public enum VerdictMethod: String, Sendable, Hashable, CaseIterable {
  /// All partitions, through the sums of all subsets (`LocalIntegration`).
  case subsets
  /// A univariate Markov chain's cheapest cover by paths (`ChainIntegration`).
  case pathCover
  /// Groups of nodes without a common ancestor, or nodes that are certain.
  case independence
  /// Nodes that always agree with the pattern together or not at all, one of which stands for all.
  case copies
  /// Submodular surprisal and Queyranne's algorithm.
  case submodularity
  /// All partitions by branch and bound: blocks that are not finished already cost too much.
  case branching
  /// A partition found by agglomeration, moves and annealing; it can only refute.
  case search
}
