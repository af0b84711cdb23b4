// SPDX-License-Identifier: Apache-2.0
// Espalier: the least share of what integration could be.

/// The least normalised specific local integration of a pattern, and where it is attained.
public struct NormalizedIntegration: Sendable, Hashable {
  /// The least of SLI / (−(k − 1) log2 p) over all partitions into *k* ≥ 2 blocks, at most 1, without unit.
  public let value: Double
  /// A partition that attains it.
  public let partition: NodePartition
}
