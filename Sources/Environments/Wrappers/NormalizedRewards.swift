// SPDX-License-Identifier: Apache-2.0
// Espalier: rewards whose discounted sum has variance 1.

/// An environment whose rewards are divided by the deviation of their discounted sum.
///
/// Equal to Gymnasium's `NormalizeReward`. Their mean stays: only the scale changes, so that no task turns into another.
public struct NormalizedRewards<World: Environment>: Environment {
  /// The environment inside.
  public private(set) var world: World
  /// Moments of the discounted sum.
  public private(set) var moments = RunningMoments(1)
  /// Whether new rewards change the moments.
  public var isLearning = true
  private let discount: Double
  private let floor: Double
  private var sum = 0.0

  /// - Parameters:
  ///   - world: any environment.
  ///   - discount: γ of the sum, 0 to 1.
  ///   - floor: added to the variance.
  public init(_ world: World, discount: Double = 0.99, floor: Double = 1e-8) {
    precondition(discount >= 0 && discount <= 1, "a discount of \(discount)")
    self.world = world
    self.discount = discount
    self.floor = floor
  }

  /// What observations may be.
  public var observationSpace: Space { world.observationSpace }
  /// What actions may be.
  public var actionSpace: Space { world.actionSpace }
  /// Which choices are allowed now; nil when all are.
  public var actionMask: [Bool]? { world.actionMask }

  /// Begins an episode.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) throws(EnvironmentError) {
    try world.reset(seed: seed, into: &observation)
  }

  /// Acts once.
  public mutating func step(
    _ action: Span<Float>, into observation: inout MutableSpan<Float>
  ) throws(EnvironmentError) -> Step {
    var step = try world.step(action, into: &observation)
    sum = sum * discount * (step.ending == .terminated ? 0 : 1) + step.reward
    if isLearning { moments.take(sum) }
    step.reward /= (moments.variance[0] + floor).squareRoot()
    return step
  }
}

extension NormalizedRewards: SavableEnvironment where World: SavableEnvironment {
  /// All that the next step depends on, that of the world inside included.
  public var state: EnvironmentState { world.state.adding(numbers: moments.numbers + [sum]) }

  /// Takes up a saved state; nothing has changed when it is refused.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    let name = "normalised rewards"
    let (inner, _, numbers) = try state.splitting(words: 0, numbers: 4, of: name)
    var taken = moments
    guard taken.restore(numbers.dropLast()), let last = numbers.last, last.isFinite else {
      throw .state(environment: name, expected: "moments", got: "other numbers")
    }
    try world.restore(inner)
    moments = taken
    sum = last
  }
}

extension Environment {
  /// Brings rewards to a common scale.
  public func normalizingRewards(discount: Double = 0.99) -> NormalizedRewards<Self> {
    NormalizedRewards(self, discount: discount)
  }
}
