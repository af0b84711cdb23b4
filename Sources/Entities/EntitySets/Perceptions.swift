// SPDX-License-Identifier: Apache-2.0
// Espalier: what an entity perceives at a time.

/// How an entity at a time tells its environments apart.
///
/// The co-perception entities are those with the same past; their different next slices are the branches. A co-perception environment is
/// a choice of values for the rest of the slice that is possible together with the past and some branch. Its branch-morph says
/// how probable each branch is in it, given that the entity goes on at all. Environments with equal branch-morphs are one perception.
public struct Perceptions<Scalar: ProbabilityScalar>: Sendable, Hashable {
  /// The place of the entity in its set.
  public let entity: Int
  /// The slice of time whose environment is perceived.
  public let time: Int
  /// The places of the entities with the same past that have a next slice, the entity itself among them.
  public let coPerceptionEntities: [Int]
  /// The different next slices of these entities.
  public let branches: [SpatiotemporalPattern]
  /// The classes, in the order of their first environments.
  public let classes: [Perception<Scalar>]

  /// How many environments are possible.
  public var environmentCount: Int { classes.reduce(0) { $0 + $1.environments.count } }

  /// The class of an environment, nil when it is not possible together with the entity's past and a branch.
  public func perception(of environment: SpatiotemporalPattern) -> Perception<Scalar>? {
    classes.first { $0.environments.contains(environment) }
  }

  /// The same perceptions, which all co-perception entities share, for another of them.
  func shared(by entity: Int) -> Perceptions {
    Perceptions(
      entity: entity, time: time, coPerceptionEntities: coPerceptionEntities, branches: branches, classes: classes)
  }
}
