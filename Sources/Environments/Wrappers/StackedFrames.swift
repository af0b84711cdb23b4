// SPDX-License-Identifier: Apache-2.0
// Espalier: the last observations as one.

/// An environment that shows its last observations, the oldest first.
///
/// At the beginning of an episode the first observation stands in for those before it.
public struct StackedFrames<World: Environment>: Environment {
  /// The environment inside.
  public private(set) var world: World
  /// Observations that are shown.
  public let depth: Int
  /// What observations may be.
  public let observationSpace: Space
  private let size: Int
  private var frames: [Float]
  private var newest: [Float]

  /// - Precondition: `depth` is above 0 and observations are a box.
  public init(_ world: World, depth: Int) {
    precondition(depth > 0, "\(depth) frames")
    guard case .box(let box) = world.observationSpace else {
      preconditionFailure("stacked frames of \(world.observationSpace), which is no box")
    }
    self.world = world
    self.depth = depth
    size = box.low.count
    frames = [Float](repeating: 0, count: depth * size)
    newest = [Float](repeating: 0, count: size)
    func repeated(_ numbers: [Float]) -> [Float] { (0..<depth).flatMap { _ in numbers } }
    observationSpace = .box(
      Space.Box(low: repeated(box.low), high: repeated(box.high), shape: [depth] + box.shape))
  }

  /// What actions may be.
  public var actionSpace: Space { world.actionSpace }
  /// Which choices are allowed now; nil when all are.
  public var actionMask: [Bool]? { world.actionMask }

  /// Begins an episode.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) throws(EnvironmentError) {
    var buffer = [Float]()
    swap(&buffer, &newest)
    defer { swap(&buffer, &newest) }
    var span = buffer.mutableSpan
    try world.reset(seed: seed, into: &span)
    for index in frames.indices { frames[index] = buffer[index % size] }
    show(&observation)
  }

  /// Acts once.
  public mutating func step(
    _ action: Span<Float>, into observation: inout MutableSpan<Float>
  ) throws(EnvironmentError) -> Step {
    var buffer = [Float]()
    swap(&buffer, &newest)
    defer { swap(&buffer, &newest) }
    var span = buffer.mutableSpan
    let step = try world.step(action, into: &span)
    let rest = (depth - 1) * size
    for index in 0..<rest { frames[index] = frames[index + size] }
    for index in 0..<size { frames[rest + index] = buffer[index] }
    show(&observation)
    return step
  }

  private func show(_ observation: inout MutableSpan<Float>) {
    for index in frames.indices { observation[index] = frames[index] }
  }
}

extension StackedFrames: SavableEnvironment where World: SavableEnvironment {
  /// All that the next step depends on, that of the world inside included.
  public var state: EnvironmentState { world.state.adding(numbers: frames.map(Double.init)) }

  /// Takes up a saved state; nothing has changed when it is refused.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    let (inner, _, numbers) = try state.splitting(words: 0, numbers: frames.count, of: "stacked frames")
    try world.restore(inner)
    frames = numbers.map { Float($0) }
  }
}

extension Environment {
  /// Shows the last `depth` observations.
  public func stackingFrames(_ depth: Int) -> StackedFrames<Self> { StackedFrames(self, depth: depth) }
}
