// SPDX-License-Identifier: Apache-2.0
// Espalier: two entities in each other's way.

/// Two entities that have the same past up to a time and different next slices, and yet occur together in one possible trajectory.
///
/// The ways in which the past goes on then do not exclude each other, and asking how probable each is makes no sense.
public struct Interpenetration: Sendable, Hashable {
  /// The place of the one entity in the set.
  public let first: Int
  /// The place of the other.
  public let second: Int
  /// The place of a trajectory of positive probability in which both occur.
  public let trajectory: Int
  /// The time up to which they are equal and after which they differ.
  public let time: Int
  /// The patterns of the two entities.
  public let patterns: [SpatiotemporalPattern]
  /// The values of the trajectory.
  public let values: [Int]
}

extension Interpenetration: CustomStringConvertible {
  /// The two patterns, the time and the trajectory in a sentence.
  public var description: String {
    "the entities \(patterns[0]) and \(patterns[1]) are equal up to time \(time), differ at time \(time + 1) and both occur in "
      + "the possible trajectory \(values.map { "\($0)" }.joined(separator: ","))"
  }
}
