// SPDX-License-Identifier: Apache-2.0
// Espalier: observations of mean 0 and variance 1.

/// An environment whose observations are brought to mean 0 and variance 1, by the moments of all that were seen.
///
/// For boxes. ``isLearning`` false holds the moments, for evaluation. Equal to Gymnasium's `NormalizeObservation`.
public struct NormalizedObservations<World: Environment>: Environment {
  /// The environment inside.
  public private(set) var world: World
  /// Moments of the observations.
  public private(set) var moments: RunningMoments
  /// Whether new observations change the moments.
  public var isLearning = true
  /// What observations may be.
  public let observationSpace: Space
  private let floor: Double

  /// - Parameters:
  ///   - world: with a box of observations.
  ///   - floor: added to the variance, so that nothing is divided by 0.
  public init(_ world: World, floor: Double = 1e-8) {
    guard case .box(let box) = world.observationSpace else {
      preconditionFailure("normalised observations of \(world.observationSpace), which is no box")
    }
    self.world = world
    self.floor = floor
    moments = RunningMoments(box.low.count)
    let open = [Float](repeating: .infinity, count: box.low.count)
    observationSpace = .box(Space.Box(low: open.map { -$0 }, high: open, shape: box.shape))
  }

  /// What actions may be.
  public var actionSpace: Space { world.actionSpace }
  /// Which choices are allowed now; nil when all are.
  public var actionMask: [Bool]? { world.actionMask }

  /// Begins an episode.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) throws(EnvironmentError) {
    try world.reset(seed: seed, into: &observation)
    normalize(&observation)
  }

  /// Acts once.
  public mutating func step(
    _ action: Span<Float>, into observation: inout MutableSpan<Float>
  ) throws(EnvironmentError) -> Step {
    let step = try world.step(action, into: &observation)
    normalize(&observation)
    return step
  }

  private mutating func normalize(_ observation: inout MutableSpan<Float>) {
    if isLearning { moments.take(observation.span) }
    for index in 0..<observation.count {
      let deviation = (moments.variance[index] + floor).squareRoot()
      observation[index] = Float((Double(observation[index]) - moments.mean[index]) / deviation)
    }
  }
}

extension NormalizedObservations: SavableEnvironment where World: SavableEnvironment {
  /// All that the next step depends on, that of the world inside included.
  public var state: EnvironmentState { world.state.adding(numbers: moments.numbers) }

  /// Takes up a saved state; nothing has changed when it is refused.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    let name = "normalised observations"
    let (inner, _, numbers) = try state.splitting(words: 0, numbers: moments.numbers.count, of: name)
    var taken = moments
    guard taken.restore(numbers) else { throw .state(environment: name, expected: "moments", got: "other numbers") }
    try world.restore(inner)
    moments = taken
  }
}

extension Environment {
  /// Brings observations to mean 0 and variance 1.
  public func normalizingObservations() -> NormalizedObservations<Self> { NormalizedObservations(self) }
}
