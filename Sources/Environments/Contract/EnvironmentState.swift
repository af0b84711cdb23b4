// SPDX-License-Identifier: Apache-2.0
// Espalier: an environment's state, to go on from.

/// All that an environment's next step depends on, as numbers.
///
/// The order and meaning of the numbers are the environment's own; ``SavableEnvironment`` writes and reads them.
public struct EnvironmentState: Sendable, Equatable {
  /// Real numbers, such as positions and speeds.
  public var numbers: [Double]
  /// Whole numbers, such as counters and the state of random streams.
  public var words: [UInt64]

  /// Joins the parts.
  public init(numbers: [Double] = [], words: [UInt64] = []) {
    self.numbers = numbers
    self.words = words
  }
}

/// An environment that can be put aside and taken up again to the bit.
public protocol SavableEnvironment: Environment {
  /// All that the next step depends on.
  var state: EnvironmentState { get }

  /// Takes up a saved state.
  ///
  /// - Throws: ``EnvironmentError/state(environment:expected:got:)`` for one that is not this environment's; nothing has changed then.
  mutating func restore(_ state: EnvironmentState) throws(EnvironmentError)
}
