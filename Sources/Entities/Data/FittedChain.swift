// SPDX-License-Identifier: Apache-2.0
// Espalier: a Markov chain made of samples.

/// A stationary chain fitted to rollouts, and what stands behind it.
public struct FittedChain: Sendable {
  /// The chain.
  public let chain: MultivariateMarkovChain<Double>
  /// Pairs of consecutive steps that were counted.
  public let transitions: Int
  /// Rows behind the initial law.
  public let starts: Int
  /// The samples behind each variable's table.
  public let tables: [FittedTable]
  /// What a user should know, such as rows of tables that were never seen.
  public let notes: [String]
}
