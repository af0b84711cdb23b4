// SPDX-License-Identifier: Apache-2.0
// Espalier: actions as networks write them.

internal import Environments

/// How an action space looks to a learner: some choices, or numbers between -1 and 1 that are stretched to bounds.
enum ActionForm: Sendable, Equatable {
  /// One choice of each count, the first of them `start`.
  case choices(counts: [Int], start: Int)
  /// Numbers within bounds.
  case numbers(low: [Float], high: [Float])

  /// - Returns: nil for spaces with parts, and for boxes with an open side.
  init?(_ space: Space) {
    switch space {
    case .discrete(let count, let start): self = .choices(counts: [count], start: start)
    case .multiDiscrete(let counts): self = .choices(counts: counts, start: 0)
    case .multiBinary(let count): self = .choices(counts: [Int](repeating: 2, count: count), start: 0)
    case .box(let box):
      guard box.isBounded else { return nil }
      self = .numbers(low: box.low, high: box.high)
    case .tuple, .named: return nil
    }
  }

  /// Numbers of an action.
  var count: Int {
    switch self {
    case .choices(let counts, _): counts.count
    case .numbers(let low, _): low.count
    }
  }

  /// Outputs that score all choices, or one a number.
  var outputs: Int {
    switch self {
    case .choices(let counts, _): counts.reduce(0, +)
    case .numbers(let low, _): low.count
    }
  }

  /// Whether these are an action as a learner sees it: choices that exist, from 0, or finite numbers.
  func accepts(_ raw: Span<Float>) -> Bool {
    for index in raw.indices {
      switch self {
      case .choices(let counts, _):
        guard let choice = Int(exactly: raw[index]), choice >= 0, choice < counts[index % counts.count] else {
          return false
        }
      case .numbers: guard raw[index].isFinite else { return false }
      }
    }
    return true
  }

  /// Whether the first `rows` of a list are actions as a learner sees them.
  func accepts(_ raw: [Float], rows: Int) -> Bool {
    raw.count >= rows * count && accepts(raw.span.extracting(0..<rows * count))
  }

  /// Stretches a number between -1 and 1 to the bounds; what lies outside is clipped.
  func stretched(_ number: Float, _ index: Int) -> Float {
    guard case .numbers(let low, let high) = self else { return number }
    let share = (min(1, max(-1, number)) + 1) / 2
    return min(high[index], low[index] + share * (high[index] - low[index]))
  }
}
