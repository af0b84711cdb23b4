// SPDX-License-Identifier: Apache-2.0
// Espalier: how much a model file may ask for.

/// The bounds on what a model file may ask for; they are checked before memory is taken.
public struct ModelLimits: Sendable, Hashable {
  /// The most bytes of a file.
  public var bytes: Int
  /// The most nodes, over all time steps.
  public var nodes: Int
  /// The most numbers in all tables, those of a transition counted once a step.
  public var tableNumbers: Int
  /// The most numbers that a short form may stand for: a list that leaves out zeros, a default row; and the most listed trajectories.
  public var expandedNumbers: Int

  /// Makes bounds: 1 GiB, 1,000,000 nodes, 2^24 numbers and 2^20 that are not written out, unless said otherwise.
  public init(
    bytes: Int = 1 << 30, nodes: Int = 1_000_000, tableNumbers: Int = 1 << 24, expandedNumbers: Int = 1 << 20
  ) {
    self.bytes = bytes
    self.nodes = nodes
    self.tableNumbers = tableNumbers
    self.expandedNumbers = expandedNumbers
  }
}
