// SPDX-License-Identifier: Apache-2.0
// Espalier: an elementary cellular automaton, as it stands in a file.

/// What a model file says about an elementary cellular automaton on a ring.
public struct ElementaryAutomatonDescription: Sendable, Hashable {
  /// Wolfram's number, 0 to 255.
  public let rule: Int
  /// The cells of the ring.
  public let ring: Int
  /// The slices of time.
  public let timeSteps: Int
  /// The law of the first slice; probabilities are known to be numbers from 0 to 1.
  public let initial: CellLaw

  /// Joins the parts.
  public init(rule: Int, ring: Int, timeSteps: Int, initial: CellLaw) {
    self.rule = rule
    self.ring = ring
    self.timeSteps = timeSteps
    self.initial = initial
  }
}
