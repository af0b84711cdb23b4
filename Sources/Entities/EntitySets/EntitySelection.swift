// SPDX-License-Identifier: Apache-2.0
// Espalier: ways to take only some entities.

/// Which entities of a set to keep; each rule looks at the entities that occur in one trajectory.
public enum EntitySelection: Sendable, Hashable {
  /// Those that are not part of another entity in the same trajectory.
  case maximal
  /// In each trajectory the given number of entities with the largest complete local integration; of equal ones (to 1e-10 bits)
  /// those that come first in the set.
  case top(Int)
  /// Those with a complete local integration above the given bits.
  case above(Double)
  /// Those of at least so many nodes.
  case atLeast(nodes: Int)
  /// Those of at most so many nodes.
  case atMost(nodes: Int)
  /// Those with a node in every slice of time.
  case spanning
}
