// SPDX-License-Identifier: Apache-2.0
// Espalier: a world that an agent acts in.

/// A world in which one agent acts: Gymnasium's contract as a Swift value.
///
/// Observations and actions are the plain numbers of a ``Space``, written and read in place, so that a step allocates nothing.
/// A whole environment takes a page:
///
///     struct Coin: Environment {
///       let observationSpace = Space.discrete(2)
///       let actionSpace = Space.discrete(2)
///       private var random = NumPyRandom(seed: 0)
///       private var side = 0
///
///       mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
///         if let seed { random = NumPyRandom(seed: seed) }
///         side = random.below(2)
///         observation[0] = Float(side)
///       }
///
///       mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
///         Step(reward: Int(action[0]) == side ? 1 : 0, ending: .terminated)
///       }
///     }
///
/// The rules, which ``checkEnvironment(_:seed:steps:)`` tests and puts in words when they are broken:
/// * `reset` comes first, and again after each step that ends an episode.
/// * A seed sets every random stream anew: the same seed and actions give the same numbers. Without one the streams go on, as in
///   Gymnasium.
/// * Observations lie in ``observationSpace``, actions in ``actionSpace``; rewards are finite.
/// * A copy of the value is a world of its own, unless it stands for something outside, such as another process.
public protocol Environment: Sendable {
  /// What observations may be.
  var observationSpace: Space { get }
  /// What actions may be.
  var actionSpace: Space { get }
  /// Which choices are allowed now, for one discrete action; nil when all are.
  var actionMask: [Bool]? { get }

  /// Begins an episode.
  ///
  /// - Parameters:
  ///   - seed: begins the random streams anew; nil lets them go on.
  ///   - observation: takes the first observation, ``Space/flatCount`` numbers.
  /// - Throws: ``EnvironmentError`` when the world is outside this process and fails. Worlds inside do not throw.
  mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) throws(EnvironmentError)

  /// Acts once.
  ///
  /// - Parameters:
  ///   - action: a value of ``actionSpace``.
  ///   - observation: takes what is seen then, also after the last step of an episode.
  /// - Throws: as ``reset(seed:into:)``.
  mutating func step(
    _ action: Span<Float>, into observation: inout MutableSpan<Float>
  ) throws(EnvironmentError) -> Step
}

extension Environment {
  /// All choices are allowed.
  public var actionMask: [Bool]? { nil }

  /// Begins an episode and returns the first observation; allocates it.
  public mutating func reset(seed: UInt64? = nil) throws(EnvironmentError) -> [Float] {
    var observation = [Float](repeating: 0, count: observationSpace.flatCount)
    var span = observation.mutableSpan
    try reset(seed: seed, into: &span)
    return observation
  }

  /// Acts once and returns what is seen then; allocates it.
  public mutating func step(_ action: [Float]) throws(EnvironmentError) -> (observation: [Float], step: Step) {
    var observation = [Float](repeating: 0, count: observationSpace.flatCount)
    var span = observation.mutableSpan
    let step = try step(action.span, into: &span)
    return (observation, step)
  }

  /// Takes one choice of a discrete action space and returns what is seen then; allocates it.
  public mutating func step(_ choice: Int) throws(EnvironmentError) -> (observation: [Float], step: Step) {
    try step([Float(choice)])
  }
}
