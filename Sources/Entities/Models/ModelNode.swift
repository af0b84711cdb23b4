// SPDX-License-Identifier: Apache-2.0
// Espalier: a random variable of a model.

/// A random variable: how it is called, what it can be, and where in space and time it stands.
public struct ModelNode: Sendable, Hashable {
  /// How it is called.
  public let name: String
  /// How many states it has; values are 0 to `stateCount` − 1.
  public let stateCount: Int
  /// The states' names, as many as states, or empty when they are just numbers.
  public let stateNames: [String]
  /// Which variable it is within its slice, from 0.
  public let place: Int
  /// The slice of time in which it stands, from 0.
  public let time: Int

  /// A variable; `stateNames` is empty or has `stateCount` names.
  public init(_ name: String, states stateCount: Int, stateNames: [String] = [], place: Int, time: Int = 0) {
    precondition(stateCount >= 1, "a variable of \(stateCount) states")
    precondition(
      stateNames.isEmpty || stateNames.count == stateCount, "\(stateNames.count) names for \(stateCount) states")
    self.name = name
    self.stateCount = stateCount
    self.stateNames = stateNames
    self.place = place
    self.time = time
  }

  /// A state's name, or its number.
  public func stateName(_ value: Int) -> String { stateNames.isEmpty ? "\(value)" : stateNames[value] }
}
