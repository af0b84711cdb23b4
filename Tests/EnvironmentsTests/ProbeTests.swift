// SPDX-License-Identifier: Apache-2.0
// Espalier: worlds with known answers.

import Environments
import SparseCore
import Testing

@Suite("Probes")
struct ProbeTests {
  private static let worlds: [(name: String, world: any SavableEnvironment)] = [
    ("choice", IdentityTask(.choice(3))), ("choices", IdentityTask(.choices([2, 4]), length: 7)),
    ("binaries", IdentityTask(.binaries(3))), ("numbers", IdentityTask(.numbers(2), length: 1)),
    ("two states", TwoStates()), ("ending states", TwoStates(length: 5, ends: .terminated)),
    ("delay", DelayedReward()), ("no delay", DelayedReward(delay: 0)),
    ("endless", EndlessReward()), ("endless box", EndlessReward(length: 1, actions: .box(2, from: -1, to: 1))),
  ]

  @Test("probes keep the contract", arguments: worlds.indices)
  func contract(_ index: Int) {
    func check(_ world: some SavableEnvironment) -> [String] { checkEnvironment(world) }
    #expect(check(Self.worlds[index].world) == [], "\(Self.worlds[index].name)")
  }

  @Test("a probe goes on from its state as if nothing had been", arguments: worlds.indices)
  func states(_ index: Int) throws {
    func check(_ world: some SavableEnvironment) throws {
      var (world, other) = (world, world)
      var random = Random(seed: 3)
      _ = try world.reset(seed: 5)
      for number in 0..<60 {
        _ = try other.reset(seed: UInt64(number))
        try other.restore(world.state)
        let action = world.actionSpace.sample(from: &random)
        let (mine, twin) = (try world.step(action), try other.step(action))
        #expect(mine.observation == twin.observation && mine.step == twin.step)
        if mine.step.ending != nil { #expect(try world.reset() == other.reset()) }
      }
      var last = world.state
      last.words[last.words.count - 1] = 1 << 40
      #expect(throws: EnvironmentError.self) { try world.restore(last) }
      last.words[0] ^= 1
      #expect(throws: EnvironmentError.self) { try world.restore(last) }
    }
    try check(Self.worlds[index].world)
  }

  @Test("an identity task pays what it says, for the best actions and for random ones")
  func identity() throws {
    for kind: IdentityTask.Kind in [.choice(4), .choices([2, 5]), .binaries(3), .numbers(2)] {
      var task = IdentityTask(kind, length: 10)
      var random = Random(seed: 1)
      var (best, drawn) = (0.0, 0.0)
      let episodes = 400
      for episode in 0..<episodes {
        for follows in [true, false] {
          var seen = try task.reset(seed: UInt64(episode))
          for step in 1...10 {
            let answer = try task.step(follows ? seen : task.actionSpace.sample(from: &random))
            if follows { best += answer.step.reward } else { drawn += answer.step.reward }
            seen = answer.observation
            #expect(answer.step.ending == (step == 10 ? .truncated : nil))
          }
        }
      }
      #expect(best == Double(10 * episodes) * task.bestReward)
      #expect(abs(drawn / Double(10 * episodes) - task.randomReward) < 0.03, "\(kind)")
    }
  }

  @Test("the values of two states solve Bellman's equation, and are those of its table")
  func twoStates() throws {
    for discount in [0.0, 0.3, 0.6, 0.66, 0.67, 0.9, 0.99] {
      let values = TwoStates.values(discount: discount)
      for state in 0...1 {
        for choice in 0...1 {
          var world = TwoStates(length: 2)
          var seed: UInt64 = 0
          while try world.reset(seed: seed) != [Float(state)] { seed += 1 }
          let (observation, step) = try world.step(choice)
          let later = values[Int(observation[0])].max() ?? 0
          #expect(abs(values[state][choice] - step.reward - discount * later) < 1e-9)
        }
      }
      #expect((values[0][1] > values[0][0]) == (discount > 2.0 / 3))
    }
    let table = TwoStates.values(discount: 0.9).flatMap { $0 }
    #expect(zip(table, [16.3, 17, 20, 15.3]).allSatisfy { abs($0 - $1) < 1e-9 })
    let short = TwoStates.values(discount: 0.6).flatMap { $0 }
    #expect(zip(short, [2.5, 2, 5, 1.5]).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test("only the first choice pays, and late")
  func delayed() throws {
    for first in 0...1 {
      for other in 0...1 {
        var world = DelayedReward(delay: 2)
        _ = try world.reset()
        let answers = try [first, other, other].map { try world.step($0) }
        #expect(answers.map(\.step.reward) == [0, 0, Double(first)])
        #expect(answers.map(\.step.ending) == [nil, nil, .terminated])
        #expect(answers.map { Int($0.observation[0]) } == [1 + first, 3 + first, 5 + first])
      }
    }
  }
}
