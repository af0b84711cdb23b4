// SPDX-License-Identifier: Apache-2.0
// Espalier: partitions of equal specific local integration.

/// One level of a disintegration hierarchy: all partitions of a pattern with one value of specific local integration.
public struct HierarchyLevel: Sendable, Hashable {
  /// The specific local integration of its partitions, in bits.
  public let integration: Double
  /// How many partitions have it.
  public let partitions: Int
  /// How many of them have no proper refinement on this or a lower level: each of their blocks is one node or an ι-entity.
  public let refinementFree: Int

  /// Joins a value in bits and two counts.
  public init(integration: Double, partitions: Int, refinementFree: Int) {
    self.integration = integration
    self.partitions = partitions
    self.refinementFree = refinementFree
  }
}
