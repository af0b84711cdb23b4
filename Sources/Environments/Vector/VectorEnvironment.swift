// SPDX-License-Identifier: Apache-2.0
// Espalier: several worlds stepped together.

/// Several environments of a kind, stepped together: what learners collect from.
///
/// A world whose episode ends begins its next one in the same step (Gymnasium's `SAME_STEP`): its observation is the first of the
/// new episode, the last of the old one is the *final* observation. World *e* gets seed + *e* at the first reset; its streams go on
/// after that.
public protocol VectorEnvironment: Sendable {
  /// Worlds.
  var count: Int { get }
  /// What one world shows.
  var observationSpace: Space { get }
  /// What may be done in one world.
  var actionSpace: Space { get }

  /// Begins an episode in every world.
  ///
  /// - Parameter results: takes the observations.
  mutating func reset(seed: UInt64, into results: inout VectorStep) throws(EnvironmentError)

  /// Acts once in every world.
  ///
  /// - Parameters:
  ///   - actions: [count][flatCount of the action space], world after world.
  ///   - results: takes what came of it.
  mutating func step(_ actions: Span<Float>, into results: inout VectorStep) throws(EnvironmentError)
}

/// What came of one step in every world; made once, filled again and again.
public struct VectorStep: Sendable, Equatable {
  /// What is seen now, [worlds][numbers].
  public var observations: [Float]
  /// What was seen last in episodes that ended with this step, [worlds][numbers]; of other worlds anything.
  public var finalObservations: [Float]
  /// The rewards of the step.
  public var rewards: [Double]
  /// How episodes ended with this step, nil where they go on.
  public var endings: [Ending?]
  /// Numbers of one observation.
  public let size: Int

  /// Makes room for `count` worlds with observations of `size` numbers.
  public init(count: Int, size: Int) {
    self.size = size
    observations = [Float](repeating: 0, count: count * size)
    finalObservations = observations
    rewards = [Double](repeating: 0, count: count)
    endings = [Ending?](repeating: nil, count: count)
  }

  /// Makes room for the steps of an environment.
  public init(for worlds: some VectorEnvironment) {
    self.init(count: worlds.count, size: worlds.observationSpace.flatCount)
  }

  /// Where the numbers of a world lie.
  public func range(of world: Int) -> Range<Int> { world * size..<(world + 1) * size }
}
