// SPDX-License-Identifier: Apache-2.0
// Espalier: what all native environments have in common.

internal import SparseCore
internal import Testing

@testable internal import Environments

/// Environments with names, for test arguments.
private let worlds: [(name: String, world: any SavableEnvironment)] =
  EnvironmentCatalogue.entries.compactMap { entry in
    (try? EnvironmentCatalogue.make(entry.name)).map { (entry.name, $0) }
  } + [
    ("noisy acrobot", Acrobot(dynamics: .paper, torqueNoise: 0.5)),
    ("wild taxi", Taxi(straightRate: 0.5, fickleRate: 0.9)),
    ("slippery cliff", CliffWalking(isSlippery: true)), ("opposed bandit", Bandit(.opposed)),
    ("normal bandit", Bandit(.drawn(arms: 3), payout: .gaussian(deviation: 1))),
    ("given bandit", Bandit(.given([0.2, 0.8]))),
  ]

/// Acts at random, and compares the world at every step with a copy and with one that takes up its state each time.
private func follow<World: SavableEnvironment>(_ world: inout World, steps: Int, seed: UInt64) throws -> [[Double]] {
  var random = Random(seed: seed)
  var copy = world
  var other = world
  var heard: [[Double]] = []
  for index in 0..<steps {
    let action = world.actionSpace.sample(from: &random)
    _ = try other.reset(seed: UInt64(index))
    try other.restore(world.state)
    #expect(other.state == world.state && copy.state == world.state)
    let answer = try world.step(action)
    for twin in [try other.step(action), try copy.step(action)] {
      #expect(twin.observation == answer.observation && twin.step == answer.step)
    }
    #expect(world.observationSpace.contains(answer.observation) && answer.step.reward.isFinite)
    heard.append(answer.observation.map(Double.init) + [answer.step.reward])
    if answer.step.ending != nil || index % 40 == 39 {
      heard.append(try world.reset().map(Double.init))
      #expect(try copy.reset().map(Double.init) == heard.last)
    }
  }
  return heard
}

/// The answers to the same actions after the same seed, twice.
private func twice<World: SavableEnvironment>(_ world: World) throws -> [[[Double]]] {
  var world = world
  return try (0..<2).map { _ in
    let first = try world.reset(seed: 7)
    #expect(world.observationSpace.contains(first))
    let start = world.state
    let heard = try follow(&world, steps: 200, seed: 1)
    #expect(world.state != start, "the world did not move")
    return heard
  }
}

/// What a state is refused with.
private func refusal<World: SavableEnvironment>(of world: World, for state: EnvironmentState) -> EnvironmentError? {
  var world = world
  let before = world.state
  do throws(EnvironmentError) {
    try world.restore(state)
    return nil
  } catch {
    #expect(world.state == before, "a refused state changed the world")
    return error
  }
}

@Suite("Native environments")
struct NativeEnvironmentTests {
  @Test("copies, restored states and seeds all go on with the same numbers", arguments: worlds.indices)
  func goOn(index: Int) throws {
    let heard = try twice(worlds[index].world)
    #expect(heard[0] == heard[1], "\(worlds[index].name)")
  }

  @Test(
    "states of other environments, cut ones and ones with impossible numbers are refused", arguments: worlds.indices)
  func refuse(index: Int) throws {
    let (name, world) = worlds[index]
    let own = world.state
    for other in worlds where other.world.state.words.first != own.words.first {
      guard case .state = refusal(of: world, for: other.world.state) else {
        Issue.record("\(name) took a state of \(other.name)")
        continue
      }
    }
    var bad = [EnvironmentState(), own, own, own]
    bad[1].words.removeLast()
    bad[2].numbers.append(0)
    if own.numbers.isEmpty { bad[3].words[6] = 1 << 40 } else { bad[3].numbers[0] = .nan }
    for state in bad {
      guard case .state = refusal(of: world, for: state) else {
        Issue.record("\(name) took \(state)")
        continue
      }
    }
  }

  @Test("seeds differ, and so do episodes that follow one another", arguments: worlds.indices)
  func seeds(index: Int) throws {
    func states<World: SavableEnvironment>(of world: World) throws -> [EnvironmentState] {
      var world = world
      return try [1, 2, nil, nil].map { (seed: UInt64?) in
        _ = try world.reset(seed: seed)
        return world.state
      }
    }
    let states = try states(of: worlds[index].world)
    for first in 0..<4 { for second in 0..<first { #expect(states[first] != states[second]) } }
  }

  @Test("the noise of an acrobot's torque and the paper's equations change its motion, and angles stay within a turn")
  func acrobats() throws {
    func end(_ acrobot: Acrobot) throws -> [Double] {
      var acrobot = acrobot
      _ = try acrobot.reset(seed: 3)
      for _ in 0..<20 { _ = try acrobot.step(2) }
      return acrobot.state.numbers
    }
    let ends = try [Acrobot(), Acrobot(dynamics: .paper), Acrobot(torqueNoise: 0.5)].map(end)
    #expect(ends[0] != ends[1] && ends[0] != ends[2])
    var far = Acrobot().state
    far.numbers[0] = 1e300
    var acrobot = Acrobot()
    try acrobot.restore(far)
    _ = try acrobot.step(1)
    #expect(acrobot.state.numbers[0].magnitude <= .pi)
    var fast = Acrobot(start: 20...40)
    for _ in 0..<20 {
      _ = try fast.reset()
      _ = try fast.step(0)
      #expect(fast.state.numbers[0].magnitude <= .pi && fast.state.numbers[1].magnitude <= .pi)
    }
  }
}
