// SPDX-License-Identifier: Apache-2.0
// Espalier: what must not come out of a world.

internal import Environments
internal import SparseCore

/// Looks at what worlds give before an agent does: a number that is not finite would spoil all that is learned from it, without a word.
///
/// Numbers beyond the bounds of a box are let through, as some of Gymnasium's environments have them.
struct WorldCheck: Sendable {
  private let space: Space
  private let isPlain: Bool

  init(_ observationSpace: Space) {
    space = observationSpace
    isPlain = observationSpace.isNumbers
  }

  /// Whether an observation can be read: finite numbers, and choices that exist.
  func accepts(_ observation: Span<Float>) -> Bool {
    isPlain ? observation.areFinite : observation.areFinite && space.hasChoices(observation, 0)
  }

  /// Whether the first `rows` observations of a list can be read.
  func accepts(_ observations: [Float], rows: Int) -> Bool {
    let size = space.flatCount
    guard observations.count >= rows * size else { return false }
    let span = observations.span
    for row in 0..<rows where !accepts(span.extracting(row * size..<(row + 1) * size)) { return false }
    return true
  }

  /// - Throws: `EnvironmentError.broken` naming the world and the number.
  func check(_ observation: Span<Float>, of world: Int) throws(EnvironmentError) {
    if accepts(observation) { return }
    for index in observation.indices where !observation[index].isFinite {
      throw .broken(
        environment: "world \(world)", expected: "finite numbers as observation",
        got: "\(observation[index]) as number \(index)")
    }
    throw .broken(
      environment: "world \(world)", expected: "an observation of \(space)",
      got: space.objection(to: observation) ?? "another")
  }

  /// - Throws: `EnvironmentError.broken` naming the world and the reward.
  func check(_ reward: Double, of world: Int) throws(EnvironmentError) {
    guard !Float(reward).isFinite else { return }
    throw .broken(
      environment: "world \(world)", expected: "a finite reward, at most \(Float.greatestFiniteMagnitude)",
      got: "\(reward)")
  }

  /// Checks a step of all worlds.
  func check(_ results: VectorStep) throws(EnvironmentError) {
    for world in results.rewards.indices {
      let range = results.range(of: world)
      try check(results.observations.span.extracting(range), of: world)
      try check(results.rewards[world], of: world)
      if results.endings[world] != nil {
        try check(results.finalObservations.span.extracting(range), of: world)
      }
    }
  }
}

extension Span<Float> {
  fileprivate var areFinite: Bool {
    for index in indices where !self[index].isFinite { return false }
    return true
  }
}

extension Space {
  /// Whether all choices from a place on exist; the numbers are finite.
  fileprivate func hasChoices(_ numbers: Span<Float>, _ start: Int) -> Bool {
    func isChoice(_ index: Int, _ first: Int, _ count: Int) -> Bool {
      let place = numbers[start + index] - Float(first)
      return place >= 0 && place < Float(count) && place == place.rounded(.down)
    }
    switch self {
    case .box, .multiBinary: return true
    case .discrete(let count, let first): return isChoice(0, first, count)
    case .multiDiscrete(let counts): return counts.indices.allSatisfy { isChoice($0, 0, counts[$0]) }
    case .tuple(let parts):
      var at = start
      for part in parts {
        guard part.hasChoices(numbers, at) else { return false }
        at += part.flatCount
      }
    case .named(let parts):
      var at = start
      for part in parts {
        guard part.space.hasChoices(numbers, at) else { return false }
        at += part.space.flatCount
      }
    }
    return true
  }

  /// Whether a network reads values of both spaces in the same way: bounds do not matter.
  func isRead(like other: Space) -> Bool {
    switch (self, other) {
    case (.box(let mine), .box(let theirs)): mine.low.count == theirs.low.count
    case (.tuple(let mine), .tuple(let theirs)):
      mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.isRead(like: $1) }
    case (.named(let mine), .named(let theirs)):
      mine.count == theirs.count
        && zip(mine, theirs).allSatisfy { $0.key == $1.key && $0.space.isRead(like: $1.space) }
    default: self == other
    }
  }
}
