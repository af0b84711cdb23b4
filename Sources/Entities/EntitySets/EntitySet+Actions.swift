// SPDX-License-Identifier: Apache-2.0
// Espalier: where entities act.

extension EntitySet {
  /// All actions, by time, then entity, then trajectory.
  ///
  /// An entity x_A that occurs in z_V acts at *t*, where it has nodes at *t* and at *t* + 1, when an entity y_B of the set occurs in some
  /// w_V such that B has the same nodes at *t* (values may differ), w and z are equal on all other nodes of slice *t*, and y has another
  /// next slice than x, not empty. It is a *value* action when the next nodes are the same, else an *extent* action; both may be found.
  ///
  /// - Complexity: O(*slices of time* · *occurrences*) dictionary operations; no pair of occurrences is compared.
  public func actions() -> [EntityAction] { (0..<max(0, timeSteps - 1)).flatMap { actions(at: $0) } }

  /// The actions at one time, by entity, then trajectory.
  ///
  /// - Complexity: O(*occurrences*) dictionary operations.
  public func actions(at time: Int) -> [EntityAction] {
    let table = ActionTable(self, at: time)
    return entities.indices.flatMap { entity in
      occurrences[entity].compactMap { table.action(of: EntityOccurrence(entity: entity, trajectory: $0)) }
    }
  }

  /// What an entity does on a trajectory at a time, nil when that is no action.
  ///
  /// - Throws: `EntityError.pattern` when the entity does not occur in the trajectory, `EntityError.undefined` when it has no nodes at
  ///   that time or none at the next.
  /// - Complexity: that of `actions(at:)`.
  public func action(of entity: Int, on trajectory: Int, at time: Int) throws(EntityError) -> EntityAction? {
    precondition(entities.indices.contains(entity), "entity \(entity) of \(count)")
    guard occurrences[entity].contains(trajectory) else {
      throw .pattern(
        expected: "a trajectory in which the entity \(entities[entity].pattern) occurs", got: "trajectory \(trajectory)"
      )
    }
    try checkStep(of: entity, at: time, what: "an action")
    return ActionTable(self, at: time).action(of: EntityOccurrence(entity: entity, trajectory: trajectory))
  }

  /// Refuses a time at which an entity has no nodes now or next.
  func checkStep(of entity: Int, at time: Int, what: String) throws(EntityError) {
    precondition(entities.indices.contains(entity), "entity \(entity) of \(count)")
    for slice in [time, time + 1] where part(of: entities[entity].pattern, at: slice).count == 0 {
      throw .undefined(
        what: "\(what) at time \(time)", reason: "the entity \(entities[entity].pattern) has no nodes at time \(slice)")
    }
  }
}
