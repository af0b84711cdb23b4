// SPDX-License-Identifier: Apache-2.0
// Espalier: the native environments against Gymnasium's.

import Environments
import Testing

/// An environment and the archive it must give.
struct Twin: Sendable, CustomTestStringConvertible {
  let archive: String
  let world: any Environment
  /// Which share of the numbers may differ in the last bit.
  let roundings: Double

  init(_ archive: String, _ world: any Environment, roundings: Double = 0.005) {
    self.archive = archive
    self.world = world
    self.roundings = roundings
  }

  var testDescription: String { archive }

  static let tables: [Twin] = {
    let map = try? FrozenLake.Map(["SFFHS", "FFSFF", "HFFFG"])
    return [
      Twin("frozen-lake", FrozenLake()), Twin("frozen-lake-8x8", FrozenLake(map: .eightByEight)),
      Twin("frozen-lake-firm", FrozenLake(successRate: 1)),
      Twin(
        "frozen-lake-own",
        FrozenLake(
          map: map ?? .fourByFour, successRate: 0.7, rewards: FrozenLake.Rewards(goal: 5, hole: -3, frozen: -0.5))),
      Twin("taxi", Taxi()), Twin("taxi-rainy", Taxi(straightRate: 0.8)), Twin("taxi-fickle", Taxi(fickleRate: 0.3)),
      Twin("taxi-wild", Taxi(straightRate: 0.5, fickleRate: 0.9)), Twin("cliff-walking", CliffWalking()),
      Twin("cliff-walking-slippery", CliffWalking(isSlippery: true)),
    ]
  }()

  static let motions = [
    Twin("cartpole", CartPole()),
    Twin("cartpole-sutton-barto", CartPole(rewards: .suttonBarto, start: -0.1...0.2)),
    Twin("mountain-car", MountainCar()), Twin("mountain-car-goal-speed", MountainCar(goalSpeed: 0.045)),
    Twin("mountain-car-continuous", MountainCarContinuous()), Twin("acrobot", Acrobot()),
    Twin("acrobot-noisy", Acrobot(dynamics: .paper, torqueNoise: 0.5)),
    // Many short episodes, whose first observations are sines of 32-bit numbers, for which NumPy has its own approximation.
    Twin("acrobot-fast", Acrobot(start: -35...35), roundings: 0.05),
    Twin("pendulum", Pendulum()), Twin("pendulum-moon", Pendulum(gravity: 1.62)),
    Twin("pendulum-turned", Pendulum(startAngle: 30, startSpeed: 8)),
  ]
}

@Suite("Environments are Gymnasium's")
struct GymnasiumTests {
  @Test("grids give Gymnasium's observations, rewards, endings and masks to the bit", arguments: Twin.tables)
  func tables(twin: Twin) throws {
    let difference = try GoldenRun(twin.archive).difference(of: twin.world)
    #expect(difference.compared >= 2005)
    #expect(difference.unequal == 0 && difference.mistakes == [])
  }

  // Sines and powers may differ in the last bit of 64 between C libraries and processors, which now and then shows in the last of 32
  // bits. Where the golden files were made, all numbers as 32 bits are the same but for first observations of Acrobot.
  @Test("motions give Gymnasium's numbers, but for the last bit of a few", arguments: Twin.motions)
  func motions(twin: Twin) throws {
    let difference = try GoldenRun(twin.archive).difference(of: twin.world)
    #expect(difference.compared >= 3000)
    #expect(difference.largest <= 1e-6 && difference.mistakes == [])
    #expect(Double(difference.unequal) <= twin.roundings * Double(difference.compared))
  }
}
