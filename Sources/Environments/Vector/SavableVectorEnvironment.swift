// SPDX-License-Identifier: Apache-2.0
// Espalier: worlds that can be put aside.

/// Worlds that can be put aside and taken up again to the bit.
public protocol SavableVectorEnvironment: VectorEnvironment {
  /// All that the next step of every world depends on.
  var states: [EnvironmentState] { get }

  /// Takes up saved states, one a world.
  ///
  /// - Throws: ``EnvironmentError/state(environment:expected:got:)`` for states that are not theirs; nothing has changed then.
  mutating func restore(_ states: [EnvironmentState]) throws(EnvironmentError)
}
