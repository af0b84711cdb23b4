// SPDX-License-Identifier: Apache-2.0
// Espalier: environments that an entity does not tell apart.

/// A perception: environments that lead to the same distribution over an entity's next slices.
public struct Perception<Scalar: ProbabilityScalar>: Sendable, Hashable {
  /// The environments, each a value for every node of the slice that the entity leaves; one empty pattern when it leaves none.
  public let environments: [SpatiotemporalPattern]
  /// The branch-morph: the probability of each of the branches, given that there is one of them; rounded numbers are those of the first
  /// environment.
  public let branchMorph: [Scalar]
}
