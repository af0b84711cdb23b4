// SPDX-License-Identifier: Apache-2.0
// Espalier: episodes that end after so many steps.

/// An environment whose episodes are cut after a number of steps.
///
/// The cut is a truncation, unless the last step terminates the task anyway.
///
///     var world = CartPole().timeLimit(500)
public struct TimeLimit<World: Environment>: Environment {
  /// The environment inside.
  public private(set) var world: World
  /// Steps of an episode, at most.
  public let limit: Int
  /// Steps taken in this episode.
  public private(set) var elapsed = 0

  /// - Precondition: `limit` is above 0.
  public init(_ world: World, limit: Int) {
    precondition(limit > 0, "a time limit of \(limit) steps")
    self.world = world
    self.limit = limit
  }

  /// What observations may be.
  public var observationSpace: Space { world.observationSpace }
  /// What actions may be.
  public var actionSpace: Space { world.actionSpace }
  /// Which choices are allowed now; nil when all are.
  public var actionMask: [Bool]? { world.actionMask }

  /// Begins an episode.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) throws(EnvironmentError) {
    elapsed = 0
    try world.reset(seed: seed, into: &observation)
  }

  /// Acts once.
  public mutating func step(
    _ action: Span<Float>, into observation: inout MutableSpan<Float>
  ) throws(EnvironmentError) -> Step {
    var step = try world.step(action, into: &observation)
    elapsed += 1
    if step.ending == nil && elapsed >= limit { step.ending = .truncated }
    return step
  }
}

extension TimeLimit: SavableEnvironment where World: SavableEnvironment {
  /// All that the next step depends on, that of the world inside included.
  public var state: EnvironmentState { world.state.adding(words: [UInt64(elapsed)]) }

  /// Takes up a saved state; nothing has changed when it is refused.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    let (inner, words, _) = try state.splitting(words: 1, numbers: 0, of: "time limit")
    guard words[0] <= UInt64(limit) else {
      throw .state(environment: "time limit", expected: "at most \(limit) steps", got: "\(words[0])")
    }
    try world.restore(inner)
    elapsed = Int(words[0])
  }
}

extension Environment {
  /// Cuts episodes after so many steps.
  public func timeLimit(_ steps: Int) -> TimeLimit<Self> { TimeLimit(self, limit: steps) }
}
