// SPDX-License-Identifier: Apache-2.0
// Espalier: a car too weak for its hill, with a pedal.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// ``MountainCar`` with any force between two bounds, and a price on force.
///
/// * Observation: the car's position, -1.2 ... 0.6, and its speed, -0.07 ... 0.07 (both in the task's own units).
/// * Action: the force, -1 ... 1; what is beyond is clipped but paid for in full.
/// * Reward: minus a tenth of the force squared, and 100 for the step that reaches the goal.
/// * Start: at rest, uniform in -0.6 ..< -0.4.
/// * Ending: terminated at position 0.45 or beyond with at least the goal's speed.
/// * Usual time limit: 999 steps. It is not part of the environment.
///
/// Equals Gymnasium's `MountainCarContinuous-v0` with its seeds, down to the numbers' sizes: the first step of an episode is
/// computed in 64 bits, and all others in the 32 bits to which each step rounds the state. Before the first seed the stream is that of
/// seed 0.
///
/// Source: A. Moore, *Efficient memory-based learning for robot control*, University of Cambridge, 1990.
public struct MountainCarContinuous: SavableEnvironment {
  /// The car's position and speed.
  public let observationSpace = Space.box(low: [-1.2, -0.07], high: [0.6, 0.07])
  /// The force.
  public let actionSpace = Space.box(1, from: -1, to: 1)
  /// The least speed at the goal that ends the task.
  public let goalSpeed: Double
  /// Between which bounds the position begins.
  public let start: ClosedRange<Double>

  private var random = NumPyRandom(seed: 0)
  private var position = 0.0
  private var speed = 0.0
  /// Whether the state has been through a step, and so through 32 bits.
  private var isRounded = false

  private static let name = "mountain-car-continuous"

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
    isRounded = false
    observe(into: &observation)
  }

  /// Accelerates the car once.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    let force = action.number(in: Self.name)
    let isOver = isRounded ? moveRounded(force) : move(force)
    position = Double(Float(position))
    speed = Double(Float(speed))
    isRounded = true
    observe(into: &observation)
    return Step(reward: (isOver ? 100 : 0) - Double(force) * Double(force) * 0.1, terminated: isOver)
  }

  /// Moves in 64 bits; whether the goal is reached.
  private mutating func move(_ force: Float) -> Bool {
    speed = (speed + Self.gain(force, slope: 0.0025 * cos(3 * position))).bounded(by: 0.07)
    position = min(max(position + speed, -1.2), 0.6)
    if position == -1.2 && speed < 0 { speed = 0 }
    return position >= 0.45 && speed >= goalSpeed
  }

  /// Moves in 32 bits; whether the goal is reached.
  private mutating func moveRounded(_ force: Float) -> Bool {
    var (place, pace) = (Float(position), Float(speed))
    pace += Float(Self.gain(force, slope: 0.0025 * cos(Double(3 * place))))
    pace = min(max(pace, -0.07), 0.07)
    place = min(max(place + pace, -1.2), 0.6)
    if place == -1.2 && pace < 0 { pace = 0 }
    (position, speed) = (Double(place), Double(pace))
    return place >= 0.45 && pace >= Float(goalSpeed)
  }

  /// What a force adds to the speed: in 32 bits as actions are, but in 64 when it is clipped to its bounds.
  private static func gain(_ force: Float, slope: Double) -> Double {
    guard force.magnitude <= 1 else { return (force > 0 ? 1 : -1) * 0.0015 - slope }
    return Double(force * 0.0015 - Float(slope))
  }

  private func observe(into observation: inout MutableSpan<Float>) {
    observation[0] = Float(position)
    observation[1] = Float(speed)
  }
}

extension MountainCarContinuous {
  /// Position and speed; the random stream, then 1 when the state is one after a step.
  public var state: EnvironmentState {
    EnvironmentState(of: Self.name, random: random, numbers: [position, speed], words: [isRounded ? 1 : 0])
  }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    let random = try state.stream(of: Self.name, numbers: 2, words: 1)
    isRounded = try state.whole(0, below: 2, of: Self.name, as: "a flag") == 1
    self.random = random
    (position, speed) = (state.numbers[0], state.numbers[1])
  }
}
