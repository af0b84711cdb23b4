// SPDX-License-Identifier: Apache-2.0
// Espalier: the time between two updates of a topology.

/// The time between two updates of a topology.
public enum UpdateInterval: Sendable, Equatable {
  /// Training steps (mini-batches).
  case steps(Int)
  /// Passes over the training data.
  case epochs(Int)

  /// The interval in training steps.
  public func steps(perEpoch stepsPerEpoch: Int) -> Int {
    switch self {
    case .steps(let steps): steps
    case .epochs(let epochs): epochs * stepsPerEpoch
    }
  }
}
