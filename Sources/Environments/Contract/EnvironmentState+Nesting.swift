// SPDX-License-Identifier: Apache-2.0
// Espalier: a wrapper's state around the state of what it wraps.

extension EnvironmentState {
  /// This state with what a wrapper adds at the end.
  package func adding(words: [UInt64] = [], numbers: [Double] = []) -> EnvironmentState {
    EnvironmentState(numbers: self.numbers + numbers, words: self.words + words)
  }

  /// The state without what a wrapper added at the end, and that.
  ///
  /// - Throws: ``EnvironmentError/state(environment:expected:got:)`` when there is less.
  package func splitting(
    words count: Int, numbers numberCount: Int, of name: String
  ) throws(EnvironmentError) -> (inner: EnvironmentState, words: [UInt64], numbers: [Double]) {
    guard words.count >= count, numbers.count >= numberCount else {
      throw .state(
        environment: name, expected: "at least \(count) words and \(numberCount) numbers",
        got: "\(words.count) and \(numbers.count)")
    }
    let inner = EnvironmentState(
      numbers: Array(numbers.dropLast(numberCount)), words: Array(words.dropLast(count)))
    return (inner, words.suffix(count), numbers.suffix(numberCount))
  }
}
