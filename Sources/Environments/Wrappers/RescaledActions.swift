// SPDX-License-Identifier: Apache-2.0
// Espalier: actions between -1 and 1.

/// An environment whose actions lie between -1 and 1 and are stretched to the bounds of the one inside.
///
/// What lies outside is clipped first, so that an agent's rounding does no harm. Gymnasium's `RescaleAction` and `ClipAction` together.
public struct RescaledActions<World: Environment>: Environment {
  /// The environment inside.
  public private(set) var world: World
  /// What actions may be.
  public let actionSpace: Space
  private let low: [Float]
  private let high: [Float]
  private var stretched: [Float]

  /// - Precondition: actions are a box with bounds on all sides.
  public init(_ world: World) {
    guard case .box(let box) = world.actionSpace, box.isBounded else {
      preconditionFailure("rescaled actions of \(world.actionSpace), which is no bounded box")
    }
    self.world = world
    low = box.low
    high = box.high
    stretched = box.low
    let ones = [Float](repeating: 1, count: box.low.count)
    actionSpace = .box(Space.Box(low: ones.map { -$0 }, high: ones, shape: box.shape))
  }

  /// What observations may be.
  public var observationSpace: Space { world.observationSpace }

  /// Begins an episode.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) throws(EnvironmentError) {
    try world.reset(seed: seed, into: &observation)
  }

  /// Acts once.
  public mutating func step(
    _ action: Span<Float>, into observation: inout MutableSpan<Float>
  ) throws(EnvironmentError) -> Step {
    for index in stretched.indices {
      let share = (min(1, max(-1, action[index])) + 1) / 2
      stretched[index] = min(high[index], low[index] + share * (high[index] - low[index]))
    }
    var action = [Float]()
    swap(&action, &stretched)
    defer { swap(&action, &stretched) }
    return try world.step(action.span, into: &observation)
  }
}

extension RescaledActions: SavableEnvironment where World: SavableEnvironment {
  /// All that the next step depends on, that of the world inside included.
  public var state: EnvironmentState { world.state }
  /// Takes up a saved state; nothing has changed when it is refused.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) { try world.restore(state) }
}

extension Environment {
  /// Takes actions between -1 and 1.
  public func rescalingActions() -> RescaledActions<Self> { RescaledActions(self) }
}
