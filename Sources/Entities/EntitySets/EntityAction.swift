// SPDX-License-Identifier: Apache-2.0
// Espalier: what an entity does that its environment does not settle.

/// An action: an entity, on a trajectory and at a time, goes on in one way, and in the same environment there is another way.
///
/// The other way is shown by a witness: an occurrence of an entity that has the same nodes at that time (with the same or other values)
/// in a slice that is equal on all other nodes, and has a different next slice.
public struct EntityAction: Sendable, Hashable {
  /// The entity that acts and the trajectory on which it does.
  public let occurrence: EntityOccurrence
  /// The slice of time whose environment leaves the next slice open.
  public let time: Int
  /// The first occurrence whose next slice is on the same nodes and has other values, nil when there is none.
  public let otherValue: EntityOccurrence?
  /// The first occurrence whose next slice is on other nodes, nil when there is none.
  public let otherExtent: EntityOccurrence?

  /// The kinds of action found.
  public var kinds: ActionKinds {
    var kinds: ActionKinds = []
    if otherValue != nil { kinds.insert(.value) }
    if otherExtent != nil { kinds.insert(.extent) }
    return kinds
  }
}
