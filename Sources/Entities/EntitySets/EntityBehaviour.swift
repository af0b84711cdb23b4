// SPDX-License-Identifier: Apache-2.0
// Espalier: what all entities of a set do and perceive.

/// An account of an entity-set: how many entities there are and where, whether they interpenetrate, which act and what they perceive.
///
///     let behaviour = try EntitySet.iota(of: chain).behaviour()
///     behaviour.interpenetration == nil
///     print(behaviour)
public struct EntityBehaviour<Scalar: ProbabilityScalar>: Sendable {
  /// The set that the account is of.
  public let entities: EntitySet<Scalar>
  /// The first two entities that interpenetrate, nil when none do.
  public let interpenetration: Interpenetration?
  /// A step for each entity and each time at which it has nodes, now and next; by entity, then time.
  public let steps: [Step]

  /// One entity at one time.
  public struct Step: Sendable {
    /// The place of the entity in the set.
    public let entity: Int
    /// The slice of time whose environment surrounds it.
    public let time: Int
    /// In how many trajectories it occurs.
    public let occurrences: Int
    /// In how many of them it acts at this time.
    public let acting: Int
    /// The first of its value actions, nil when there is none.
    public let valueAction: EntityAction?
    /// The first of its extent actions, nil when there is none.
    public let extentAction: EntityAction?
    /// What it perceives, or why that is not defined.
    public let perceiving: Perceiving

    /// The kinds of action it shows at this time in some trajectory.
    public var kinds: ActionKinds {
      var kinds: ActionKinds = []
      if valueAction != nil { kinds.insert(.value) }
      if extentAction != nil { kinds.insert(.extent) }
      return kinds
    }
  }

  /// What an entity perceives at a time, or why that is not defined.
  public enum Perceiving: Sendable, Hashable {
    /// Its co-perception entities exclude each other: the classes of environments.
    case perceptions(Perceptions<Scalar>)
    /// Two of its co-perception entities interpenetrate.
    case undefined(Interpenetration)
  }

  /// How many occurrences the entities have in all.
  public var occurrenceCount: Int { entities.occurrences.reduce(0) { $0 + $1.count } }
}

extension EntitySet {
  /// Actions and perceptions of all entities at all times.
  ///
  /// - Parameter tolerance: as in `perceptions(of:at:within:)`.
  /// - Complexity: O(*slices of time* · *occurrences*) dictionary operations for actions and interpenetration; for perceptions, found once
  ///   for all entities with one past, that of `perceptions(of:at:)` for each past that is shared.
  public func behaviour(within tolerance: Double? = nil) -> EntityBehaviour<Scalar> {
    var steps: [EntityBehaviour<Scalar>.Step] = []
    var first: Interpenetration?
    for time in 0..<max(0, timeSteps - 1) {
      let table = ActionTable(self, at: time)
      var scene = PerceptionScene(self, at: time)
      let pasts = sharedPasts(at: time)
      let places = PatternOccurrences.find(pasts.map(\.past), in: trajectories.map(\.values))
      for (shared, places) in zip(pasts, places) {
        let found = interpenetration(in: shared)
        if first == nil { first = found }
        if let found {
          steps += shared.members.map { step(of: $0, at: time, table, .undefined(found)) }
        } else {
          let common = perceptions(of: shared.members[0], shared, scene: &scene, on: places, within: tolerance)
          steps += shared.members.map { step(of: $0, at: time, table, .perceptions(common.shared(by: $0))) }
        }
      }
    }
    steps.sort { $0.entity != $1.entity ? $0.entity < $1.entity : $0.time < $1.time }
    return EntityBehaviour(entities: self, interpenetration: first, steps: steps)
  }

  private func step(
    of entity: Int, at time: Int, _ table: ActionTable<Scalar>, _ perceiving: EntityBehaviour<Scalar>.Perceiving
  ) -> EntityBehaviour<Scalar>.Step {
    var (acting, value, extent) = (0, EntityAction?.none, EntityAction?.none)
    for trajectory in occurrences[entity] {
      guard let action = table.action(of: EntityOccurrence(entity: entity, trajectory: trajectory)) else { continue }
      acting += 1
      if value == nil, action.otherValue != nil { value = action }
      if extent == nil, action.otherExtent != nil { extent = action }
    }
    return EntityBehaviour.Step(
      entity: entity, time: time, occurrences: occurrences[entity].count, acting: acting, valueAction: value,
      extentAction: extent, perceiving: perceiving)
  }
}
