// SPDX-License-Identifier: Apache-2.0
// Espalier: outcomes of steps that may go astray.

extension NumPyRandom {
  /// Which of three outcomes happens, with one uniform draw; the same as ``index(of:)`` without an array.
  mutating func index(of first: Double, _ second: Double, _ third: Double) -> Int {
    let draw = uniform()
    if first > draw { return 0 }
    if first + second > draw { return 1 }
    return first + second + third > draw ? 2 : 0
  }
}
