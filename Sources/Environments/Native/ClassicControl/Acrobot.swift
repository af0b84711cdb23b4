// SPDX-License-Identifier: Apache-2.0
// Espalier: a gymnast on a bar.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Two links hanging from a bar, to be swung up by torque at the joint between them.
///
/// Each link is 1 m long and weighs 1 kg. A step is 0.2 s, one step of Runge and Kutta's method of fourth order.
///
/// * Observation: cosine and sine of the first link's angle from hanging down, cosine and sine of the second link's angle from the
///   first, and both angles' speeds (rad/s), which are clipped at 4 pi and 9 pi.
/// * Action: 0, 1 and 2 are torques of -1, 0 and 1 N m.
/// * Reward: -1 a step, 0 for the one that ends the task.
/// * Start: both angles and speeds uniform in -0.1 ..< 0.1, rounded to 32 bits.
/// * Ending: terminated when the free end is more than 1 m above the bar.
/// * Usual time limit: 500 steps. It is not part of the environment.
///
/// Equals Gymnasium's `Acrobot-v1` with its seeds. Before the first seed the stream is that of seed 0.
///
/// - Note: the first observation of an episode may differ from Gymnasium's in the last bit: NumPy takes sines of 32-bit numbers with its
///   own approximation.
///
/// Source: R. Sutton, *Generalization in reinforcement learning: successful examples using sparse coarse coding*, NIPS 1995;
/// R. Sutton, A. Barto, *Reinforcement Learning*.
public struct Acrobot: SavableEnvironment {
  /// Whose equations of motion.
  public enum Dynamics: Sendable, Equatable {
    /// Those of Sutton and Barto's book, with which the published results were made.
    case book
    /// Those printed in the paper of 1995, which lack a term.
    case paper
  }

  /// Cosine and sine of both angles, and their speeds (rad/s).
  public let observationSpace: Space
  /// A torque of -1, 0 or 1 N m.
  public let actionSpace = Space.discrete(3)
  /// Whose equations of motion.
  public let dynamics: Dynamics
  /// The largest disturbance of the torque, uniform on both sides (N m).
  public let torqueNoise: Double
  /// Between which bounds angles and speeds begin.
  public let start: ClosedRange<Double>

  private var random = NumPyRandom(seed: 0)
  private var motion = Motion()

  private static let name = "acrobot"
  private static let fastest = (first: 4 * Double.pi, second: 9 * Double.pi)

  /// - Parameters:
  ///   - dynamics: whose equations of motion.
  ///   - torqueNoise: the largest disturbance of the torque (N m); 0 draws nothing.
  ///   - start: between which bounds angles (rad) and speeds (rad/s) begin.
  public init(dynamics: Dynamics = .book, torqueNoise: Double = 0, start: ClosedRange<Double> = -0.1...0.1) {
    precondition(torqueNoise >= 0, "a torque noise of \(torqueNoise)")
    self.dynamics = dynamics
    self.torqueNoise = torqueNoise
    self.start = start
    let high: [Float] = [1, 1, 1, 1, Float(Self.fastest.first), Float(Self.fastest.second)]
    observationSpace = .box(low: high.map { -$0 }, high: high)
  }

  /// Begins an episode with the links almost at rest.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    if let seed { random = NumPyRandom(seed: seed) }
    for index in 0..<4 {
      motion[index] = Double(Float(random.uniform(from: start.lowerBound, to: start.upperBound)))
    }
    observe(into: &observation)
  }

  /// Turns the joint for 0.2 s.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    var torque = Double(action.choice(below: 3, in: Self.name) - 1)
    if torqueNoise > 0 { torque += random.uniform(from: -torqueNoise, to: torqueNoise) }
    let seconds = 0.2
    let first = slope(motion, torque)
    let second = slope(motion + seconds / 2 * first, torque)
    let third = slope(motion + seconds / 2 * second, torque)
    let fourth = slope(motion + seconds * third, torque)
    motion += seconds / 6 * (first + 2 * second + 2 * third + fourth)
    motion[0] = Self.wrapped(motion[0])
    motion[1] = Self.wrapped(motion[1])
    motion[2] = motion[2].bounded(by: Self.fastest.first)
    motion[3] = motion[3].bounded(by: Self.fastest.second)
    observe(into: &observation)
    let isOver = -cos(motion[0]) - cos(motion[1] + motion[0]) > 1
    return Step(reward: isOver ? 0 : -1, terminated: isOver)
  }

  private func observe(into observation: inout MutableSpan<Float>) {
    observation[0] = Float(cos(motion[0]))
    observation[1] = Float(sin(motion[0]))
    observation[2] = Float(cos(motion[1]))
    observation[3] = Float(sin(motion[1]))
    observation[4] = Float(motion[2])
    observation[5] = Float(motion[3])
  }
}

extension Acrobot {
  /// Two angles (rad), two speeds (rad/s).
  private typealias Motion = SIMD4<Double>

  /// The motion's change in a second.
  private func slope(_ motion: Motion, _ torque: Double) -> Motion {
    let (angle, bend, turning, bending) = (motion[0], motion[1], motion[2], motion[3])
    let (mass, length, center, inertia, gravity) = (1.0, 1.0, 0.5, 1.0, 9.8)
    let (cosine, sine) = (cos(bend), sin(bend))
    let square = center * center
    let whole =
      mass * square + mass * (length * length + square + 2 * length * center * cosine) + inertia + inertia
    let outer = mass * (square + length * center * cosine) + inertia
    let outerWeight = mass * center * gravity * cos(angle + bend - Double.pi / 2)
    let pull =
      -mass * length * center * (bending * bending) * sine - 2 * mass * length * center * bending * turning * sine
      + (mass * center + mass * length) * gravity * cos(angle - Double.pi / 2) + outerWeight
    var forces = torque + outer / whole * pull
    if dynamics == .book { forces -= mass * length * center * (turning * turning) * sine }
    let bendingChange = (forces - outerWeight) / (mass * square + inertia - outer * outer / whole)
    return Motion(turning, bending, -(outer * bendingChange + pull) / whole, bendingChange)
  }

  /// The same direction within half a turn of 0.
  private static func wrapped(_ angle: Double) -> Double {
    // Many turns only come of wide starts and odd states; taking them off one by one might not end.
    var angle = angle.magnitude > 1000 ? fmod(angle, 2 * .pi) : angle
    while angle > .pi { angle -= 2 * .pi }
    while angle < -.pi { angle += 2 * .pi }
    return angle
  }
}

extension Acrobot {
  /// Two angles and their speeds; the random stream.
  public var state: EnvironmentState {
    EnvironmentState(of: Self.name, random: random, numbers: (0..<4).map { motion[$0] })
  }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    random = try state.stream(of: Self.name, numbers: 4)
    motion = Motion(state.numbers)
  }
}
