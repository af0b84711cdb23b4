// SPDX-License-Identifier: Apache-2.0
// Espalier: a pole to be balanced on a cart.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A pole on a cart that is to be kept upright by pushing the cart left and right.
///
/// The pole, 1 m long and 0.1 kg heavy, turns freely on a cart of 1 kg that is pushed with 10 N on a track without friction. A step
/// is 0.02 s of Euler's method.
///
/// * Observation: the cart's position (m) and speed (m/s), the pole's angle from upright (rad) and its speed (rad/s).
/// * Action: 0 pushes to the left, 1 to the right.
/// * Reward: 1 a step. As Sutton and Barto have it: 0 a step, and -1 for the one at which the pole falls.
/// * Start: all four numbers uniform in -0.05 ..< 0.05.
/// * Ending: terminated when the pole leans more than 12 degrees or the cart is more than 2.4 m from the middle.
/// * Usual time limit: 500 steps. It is not part of the environment.
///
/// Equals Gymnasium's `CartPole-v1` with its seeds. Before the first seed the stream is that of seed 0.
///
/// Source: A. Barto, R. Sutton, C. Anderson, *Neuronlike adaptive elements that can solve difficult learning control problems*,
/// IEEE Transactions on Systems, Man and Cybernetics 13, 1983; equations: R. Florian, *Correct equations for the dynamics of the
/// cart-pole system*, 2007.
public struct CartPole: SavableEnvironment {
  /// What a step is worth.
  public enum Rewards: Sendable, Equatable {
    /// 1 for each step, the last one too.
    case uprightSteps
    /// -1 for the step at which the pole falls, otherwise 0: Gymnasium's `sutton_barto_reward`.
    case suttonBarto
  }

  /// The cart's position and speed, the pole's angle and its speed.
  public let observationSpace: Space
  /// Left, right.
  public let actionSpace = Space.discrete(2)
  /// What a step is worth.
  public let rewards: Rewards
  /// Between which bounds the four numbers of the state begin.
  public let start: ClosedRange<Double>

  private var random = NumPyRandom(seed: 0)
  private var position = 0.0
  private var speed = 0.0
  private var angle = 0.0
  private var turning = 0.0

  private static let name = "cartpole"
  private static let widestAngle = 12 * 2 * Double.pi / 360
  private static let widestPosition = 2.4

  /// - Parameters:
  ///   - rewards: what a step is worth.
  ///   - start: between which bounds the four numbers of the state begin.
  public init(rewards: Rewards = .uprightSteps, start: ClosedRange<Double> = -0.05...0.05) {
    self.rewards = rewards
    self.start = start
    let high = [Float(2 * Self.widestPosition), .infinity, Float(2 * Self.widestAngle), .infinity]
    observationSpace = .box(low: high.map { -$0 }, high: high)
  }

  /// Begins an episode with the pole almost upright.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    if let seed { random = NumPyRandom(seed: seed) }
    position = random.uniform(from: start.lowerBound, to: start.upperBound)
    speed = random.uniform(from: start.lowerBound, to: start.upperBound)
    angle = random.uniform(from: start.lowerBound, to: start.upperBound)
    turning = random.uniform(from: start.lowerBound, to: start.upperBound)
    observe(into: &observation)
  }

  /// Pushes the cart for 0.02 s.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    let force = action.choice(below: 2, in: Self.name) == 1 ? 10.0 : -10.0
    let (gravity, poleMass, mass, halfLength, seconds) = (9.8, 0.1, 0.1 + 1.0, 0.5, 0.02)
    let leverage = poleMass * halfLength
    let (cosine, sine) = (cos(angle), sin(angle))
    let push = (force + leverage * (turning * turning) * sine) / mass
    let turn = (gravity * sine - cosine * push) / (halfLength * (4.0 / 3.0 - poleMass * (cosine * cosine) / mass))
    let drive = push - leverage * turn * cosine / mass
    position += seconds * speed
    speed += seconds * drive
    angle += seconds * turning
    turning += seconds * turn
    observe(into: &observation)
    let isOver = abs(position) > Self.widestPosition || abs(angle) > Self.widestAngle
    return switch rewards {
    case .uprightSteps: Step(reward: 1, terminated: isOver)
    case .suttonBarto: Step(reward: isOver ? -1 : 0, terminated: isOver)
    }
  }

  private func observe(into observation: inout MutableSpan<Float>) {
    observation[0] = Float(position)
    observation[1] = Float(speed)
    observation[2] = Float(angle)
    observation[3] = Float(turning)
  }
}

extension CartPole {
  /// Position, speed, angle and its speed; the random stream.
  public var state: EnvironmentState {
    EnvironmentState(of: Self.name, random: random, numbers: [position, speed, angle, turning])
  }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    random = try state.stream(of: Self.name, numbers: 4)
    (position, speed, angle, turning) = (state.numbers[0], state.numbers[1], state.numbers[2], state.numbers[3])
  }
}
