// SPDX-License-Identifier: Apache-2.0
// Espalier: actions of native environments.

extension Span<Float> {
  /// The choice that an action of `Space.discrete(count)` is.
  func choice(below count: Int, in environment: String) -> Int {
    guard self.count == 1, let choice = Int(exactly: self[0]), choice >= 0, choice < count else {
      preconditionFailure("\(environment): expected an action of Discrete(\(count)), got \(numbers)")
    }
    return choice
  }

  /// The one number that an action of a box of one side is.
  func number(in environment: String) -> Float {
    guard count == 1, self[0].isFinite else {
      preconditionFailure("\(environment): expected one finite number as action, got \(numbers)")
    }
    return self[0]
  }

  /// For messages.
  private var numbers: [Float] { indices.map { self[$0] } }
}

extension Double {
  /// This number, or the bound beyond which it lies.
  func bounded(by limit: Double) -> Double { Swift.min(Swift.max(self, -limit), limit) }
}
