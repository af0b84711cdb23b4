// SPDX-License-Identifier: Apache-2.0
// Espalier: an entity on a trajectory.

/// An entity and a trajectory of positive probability in which it occurs, by their places in an `EntitySet`.
public struct EntityOccurrence: Sendable, Hashable {
  /// The place of the entity in `EntitySet.entities`.
  public let entity: Int
  /// The place of the trajectory in `EntitySet.trajectories`.
  public let trajectory: Int

  /// Joins an entity and a trajectory.
  public init(entity: Int, trajectory: Int) {
    self.entity = entity
    self.trajectory = trajectory
  }
}
