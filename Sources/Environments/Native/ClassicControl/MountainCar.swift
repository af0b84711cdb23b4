// SPDX-License-Identifier: Apache-2.0
// Espalier: a car too weak for its hill.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A car in a valley that is too weak to climb the right hill at once, and has to gain speed on the left one first.
///
/// * Observation: the car's position, -1.2 ... 0.6, and its speed, -0.07 ... 0.07 (both in the task's own units; the bottom is at
///   about -0.52).
/// * Action: 0 accelerates to the left, 1 not at all, 2 to the right.
/// * Reward: -1 a step.
/// * Start: at rest, uniform in -0.6 ..< -0.4.
/// * Ending: terminated at position 0.5 or beyond with at least the goal's speed.
/// * Usual time limit: 200 steps. It is not part of the environment.
///
/// Equals Gymnasium's `MountainCar-v0` with its seeds. Before the first seed the stream is that of seed 0.
///
/// Source: A. Moore, *Efficient memory-based learning for robot control*, University of Cambridge, 1990; R. Sutton, A. Barto,
/// *Reinforcement Learning*, example 10.1.
public struct MountainCar: SavableEnvironment {
  /// The car's position and speed.
  public let observationSpace = Space.box(low: [-1.2, -0.07], high: [0.6, 0.07])
  /// Left, nothing, right.
  public let actionSpace = Space.discrete(3)
  /// The least speed at the goal that ends the task.
  public let goalSpeed: Double
  /// Between which bounds the position begins.
  public let start: ClosedRange<Double>

  private var random = NumPyRandom(seed: 0)
  private var position = 0.0
  private var speed = 0.0

  private static let name = "mountain-car"

  /// - Parameters:
  ///   - goalSpeed: the least speed at the goal that ends the task.
  ///   - start: between which bounds the position begins.
  public init(goalSpeed: Double = 0, start: ClosedRange<Double> = -0.6...(-0.4)) {
    self.goalSpeed = goalSpeed
    self.start = start
  }

  /// Begins an episode near the bottom.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    if let seed { random = NumPyRandom(seed: seed) }
    position = random.uniform(from: start.lowerBound, to: start.upperBound)
    speed = 0
    observe(into: &observation)
  }

  /// Accelerates the car once.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    let push = Double(action.choice(below: 3, in: Self.name) - 1)
    speed = (speed + (push * 0.001 + cos(3 * position) * -0.0025)).bounded(by: 0.07)
    position = min(max(position + speed, -1.2), 0.6)
    if position == -1.2 && speed < 0 { speed = 0 }
    observe(into: &observation)
    return Step(reward: -1, terminated: position >= 0.5 && speed >= goalSpeed)
  }

  private func observe(into observation: inout MutableSpan<Float>) {
    observation[0] = Float(position)
    observation[1] = Float(speed)
  }
}

extension MountainCar {
  /// Position and speed; the random stream.
  public var state: EnvironmentState { EnvironmentState(of: Self.name, random: random, numbers: [position, speed]) }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    random = try state.stream(of: Self.name, numbers: 2)
    (position, speed) = (state.numbers[0], state.numbers[1])
  }
}
