// SPDX-License-Identifier: Apache-2.0
// Espalier: the form that native environments give their saved states.

extension EnvironmentState {
  /// The state of a native environment: its mark and its stream's words come before its own.
  ///
  /// The mark tells the states of environments of the same size apart.
  init(of environment: String, random: NumPyRandom, numbers: [Double] = [], words: [UInt64] = []) {
    self.init(numbers: numbers, words: [Self.mark(of: environment)] + random.words + words)
  }

  /// What tells an environment's states from others': FNV-1a of its name.
  static func mark(of environment: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in environment.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return hash
  }

  /// Checks the mark, the counts and that all numbers are finite.
  func check(of environment: String, numbers count: Int, words wordCount: Int) throws(EnvironmentError) {
    guard words.first == Self.mark(of: environment) else {
      throw .state(
        environment: environment, expected: "a state that '\(environment)' wrote", got: "one of another environment")
    }
    guard numbers.count == count, words.count == wordCount else {
      throw .state(
        environment: environment, expected: "\(count) numbers and \(wordCount) words",
        got: "\(numbers.count) numbers and \(words.count) words")
    }
    if let number = numbers.first(where: { !$0.isFinite }) {
      throw .state(environment: environment, expected: "finite numbers", got: "\(number)")
    }
  }

  /// The stream of a state that ``init(of:random:numbers:words:)`` made, with `words` of the environment's own.
  func stream(of environment: String, numbers: Int = 0, words own: Int = 0) throws(EnvironmentError) -> NumPyRandom {
    try check(of: environment, numbers: numbers, words: 6 + own)
    guard let random = NumPyRandom(words: words[1..<6]) else {
      throw .state(environment: environment, expected: "the words of a random stream", got: "others")
    }
    return random
  }

  /// An own word of a native environment as a whole number below a bound.
  func whole(_ index: Int, below bound: Int, of environment: String, as what: String) throws(EnvironmentError) -> Int {
    let word = words[6 + index]
    guard word < UInt64(bound) else {
      throw .state(environment: environment, expected: "\(what) in 0..<\(bound)", got: "\(word)")
    }
    return Int(word)
  }
}
