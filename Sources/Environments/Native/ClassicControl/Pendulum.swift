// SPDX-License-Identifier: Apache-2.0
// Espalier: a pendulum to be held upright.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A pendulum that is to be swung up and held there with a weak motor.
///
/// It is a rod of 1 m and 1 kg. A step is 0.05 s.
///
/// * Observation: cosine and sine of the angle from upright, and the angle's speed (rad/s), clipped at 8.
/// * Action: the torque (N m), -2 ... 2; what is beyond is clipped.
/// * Reward: minus the sum of the angle squared (rad², within -pi ..< pi), a tenth of the speed squared and a thousandth of the torque
///   squared, all before the step.
/// * Start: the angle uniform in -pi ..< pi, its speed in -1 ..< 1.
/// * Ending: none.
/// * Usual time limit: 200 steps. It is not part of the environment.
///
/// Equals Gymnasium's `Pendulum-v1` with its seeds. Before the first seed the stream is that of seed 0.
///
/// - Note: squares are products here and calls of `pow` in NumPy, so that one reward in a thousand differs in its last bit.
///
/// Source: Gymnasium's documentation of *Pendulum*; the task is older than its papers.
public struct Pendulum: SavableEnvironment {
  /// Cosine and sine of the angle, and its speed (rad/s).
  public let observationSpace = Space.box(low: [-1, -1, -8], high: [1, 1, 8])
  /// The torque (N m).
  public let actionSpace = Space.box(1, from: -2, to: 2)
  /// The acceleration of gravity (m/s²).
  public let gravity: Double
  /// The widest angle from upright at the start (rad).
  public let startAngle: Double
  /// The greatest speed at the start (rad/s).
  public let startSpeed: Double

  private var random = NumPyRandom(seed: 0)
  private var angle = 0.0
  private var speed = 0.0

  private static let name = "pendulum"

  /// - Parameters:
  ///   - gravity: the acceleration of gravity (m/s²).
  ///   - startAngle: the widest angle from upright at the start (rad).
  ///   - startSpeed: the greatest speed at the start (rad/s).
  public init(gravity: Double = 10, startAngle: Double = .pi, startSpeed: Double = 1) {
    self.gravity = gravity
    self.startAngle = startAngle
    self.startSpeed = startSpeed
  }

  /// Begins an episode at any angle.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    if let seed { random = NumPyRandom(seed: seed) }
    angle = random.uniform(from: -startAngle, to: startAngle)
    speed = random.uniform(from: -startSpeed, to: startSpeed)
    observe(into: &observation)
  }

  /// Turns the pendulum for 0.05 s.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    let torque = min(max(action.number(in: Self.name), -2), 2)
    let (mass, length, seconds) = (1.0, 1.0, 0.05)
    let lean = Self.normalized(angle)
    // NumPy keeps products of the 32-bit torque with constants in 32 bits.
    let cost = lean * lean + 0.1 * (speed * speed) + Double(0.001 * (torque * torque))
    let motor = Double(Float(3 / (mass * length * length)) * torque)
    speed = (speed + (3 * gravity / (2 * length) * sin(angle) + motor) * seconds).bounded(by: 8)
    angle += speed * seconds
    observe(into: &observation)
    return Step(reward: -cost)
  }

  private func observe(into observation: inout MutableSpan<Float>) {
    observation[0] = Float(cos(angle))
    observation[1] = Float(sin(angle))
    observation[2] = Float(speed)
  }

  /// The angle within -pi ..< pi, by a remainder that has the divisor's sign.
  private static func normalized(_ angle: Double) -> Double {
    let turn = 2 * Double.pi
    var rest = fmod(angle + .pi, turn)
    if rest < 0 { rest += turn }
    return rest - .pi
  }
}

extension Pendulum {
  /// Angle and speed; the random stream.
  public var state: EnvironmentState { EnvironmentState(of: Self.name, random: random, numbers: [angle, speed]) }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    random = try state.stream(of: Self.name, numbers: 2)
    (angle, speed) = (state.numbers[0], state.numbers[1])
  }
}
