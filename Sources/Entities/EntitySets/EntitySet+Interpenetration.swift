// SPDX-License-Identifier: Apache-2.0
// Espalier: entities with one past, and whether their futures exclude each other.

extension EntitySet {
  /// The first interpenetration in the set, nil when there is none.
  ///
  /// A set does not interpenetrate when never two of its entities that are equal up to a time, have nodes at that time and at the next and
  /// differ at the next occur in one trajectory of positive probability.
  ///
  /// - Complexity: O(*slices of time* · *occurrences*) dictionary operations.
  public func interpenetration() -> Interpenetration? {
    for time in 0..<max(0, timeSteps - 1) {
      for shared in sharedPasts(at: time) {
        if let found = interpenetration(in: shared) { return found }
      }
    }
    return nil
  }

  /// The first interpenetration among the co-perception entities of an entity at a time, nil when there is none.
  ///
  /// - Throws: `EntityError.undefined` when the entity has no nodes at that time or none at the next.
  public func interpenetration(of entity: Int, at time: Int) throws(EntityError) -> Interpenetration? {
    interpenetration(in: try sharedPast(of: entity, at: time))
  }

  /// The co-perception entities of an entity at a time, itself among them: the places of all entities with the same nodes and values up to
  /// that time, and with nodes at the next.
  ///
  /// - Throws: `EntityError.undefined` when the entity has no nodes at that time or none at the next.
  /// - Complexity: O(*entities* · *nodes*).
  public func coPerceptionEntities(of entity: Int, at time: Int) throws(EntityError) -> [Int] {
    try sharedPast(of: entity, at: time).members
  }

  /// The branches of an entity at a time: the different next slices, nodes and values, of its co-perception entities, in order.
  ///
  /// - Throws: `EntityError.undefined` when the entity has no nodes at that time or none at the next.
  /// - Complexity: O(*entities* · *nodes*).
  public func branches(of entity: Int, at time: Int) throws(EntityError) -> [SpatiotemporalPattern] {
    try sharedPast(of: entity, at: time).branches
  }
}
