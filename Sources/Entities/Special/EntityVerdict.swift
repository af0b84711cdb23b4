// SPDX-License-Identifier: Apache-2.0
// Espalier: whether a pattern is an entity, as far as is known.

/// What could be found out about a pattern: that it is an ι-entity, that it is none, or bounds of its integration.
///
///     switch try model.verdict(on: pattern) {
///     case .proved(let least, _, let method): print("an entity, ι ≥ \(least) bits, by \(method)")
///     case .refuted(let partition, let bits, _): print("none: cut along \(partition) it gains \(bits) bits")
///     case .unknown(let least, let most, _): print("ι between \(least) and \(most) bits")
///     }
///
/// - Invariant: a refuting partition has two blocks or more and a specific local integration of at most
///   `LocalIntegration.threshold`; a proved lower bound is above it.
public enum EntityVerdict: Sendable, Hashable {
  /// It is an ι-entity; ι lies between the bounds in bits, and is known when they are equal.
  case proved(atLeast: Double, atMost: Double, by: VerdictMethod)
  /// It is none: this partition's specific local integration, in bits, is not positive.
  case refuted(partition: NodePartition, integration: Double, by: VerdictMethod)
  /// The budget ended before; ι lies between the bounds in bits, the upper one attained by the partition, if one was looked at.
  case unknown(atLeast: Double, atMost: Double, partition: NodePartition?)

  /// Whether the pattern is an ι-entity, nil when that is not known.
  public var isEntity: Bool? {
    switch self {
    case .proved: true
    case .refuted: false
    case .unknown: nil
    }
  }
}
