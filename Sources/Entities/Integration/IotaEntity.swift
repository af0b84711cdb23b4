// SPDX-License-Identifier: Apache-2.0
// Espalier: a pattern that no cut makes more probable.

/// An ι-entity: a pattern of at least two nodes whose complete local integration is positive.
///
/// However its nodes are cut into independent blocks, the pattern then looks less probable than it is.
///
/// Source: M. Biehl, *Formal approaches to a definition of agents*, thesis, University of Hertfordshire 2017, arXiv:1704.02716.
public struct IotaEntity: Sendable, Hashable {
  /// x_A.
  public let pattern: SpatiotemporalPattern
  /// p(x_A).
  public let probability: Double
  /// ι(x_A) in bits: the least specific local integration over all partitions but the whole.
  public let integration: Double

  /// Joins a pattern, its probability and its complete local integration in bits.
  public init(pattern: SpatiotemporalPattern, probability: Double, integration: Double) {
    self.pattern = pattern
    self.probability = probability
    self.integration = integration
  }
}
