// SPDX-License-Identifier: Apache-2.0
// Espalier: several worlds together, worlds of turns, and the checker.

import Environments
import SparseCore
import Testing

@Suite struct VectorTests {
  @Test("worlds get seeds of their own, begin anew in the step that ends an episode, and keep what was seen last")
  func autoReset() throws {
    var worlds = SerialEnvironments([Counter(length: 2), Counter(length: 3)])
    var results = VectorStep(for: worlds)
    try worlds.reset(seed: 4, into: &results)
    #expect(results.observations == [104, 0, 105, 0])
    let actions: [Float] = [1, 2]
    try worlds.step(actions.span, into: &results)
    #expect(results.observations == [106, 1, 107, 2] && results.rewards == [1, 2] && results.endings == [nil, nil])
    try worlds.step(actions.span, into: &results)
    #expect(results.observations == [204, 0, 109, 2] && results.endings == [.terminated, nil])
    #expect(Array(results.finalObservations[results.range(of: 0)]) == [108, 1])
    try worlds.step(actions.span, into: &results)
    #expect(results.endings == [nil, .terminated] && results.observations == [206, 1, 205, 0])
  }

  @Test("a vector is its worlds one by one, and goes on from its saved states")
  func oneByOne() throws {
    var worlds = SerialEnvironments(3, of: CartPole().timeLimit(20))
    var alone = (0..<3).map { _ in CartPole().timeLimit(20) }
    var results = VectorStep(for: worlds)
    try worlds.reset(seed: 9, into: &results)
    for index in alone.indices {
      #expect(try alone[index].reset(seed: 9 + UInt64(index)) == Array(results.observations[results.range(of: index)]))
    }
    var random = Random(seed: 2)
    for step in 0..<60 {
      if step == 30 {
        var restored = SerialEnvironments(3, of: CartPole().timeLimit(20))
        try restored.restore(worlds.states)
        worlds = restored
        #expect(throws: EnvironmentError.self) { try restored.restore(Array(worlds.states.dropLast())) }
      }
      let actions = (0..<3).map { _ in Float(random.below(2)) }
      try worlds.step(actions.span, into: &results)
      for index in alone.indices {
        let answer = try alone[index].step([actions[index]])
        #expect(results.rewards[index] == answer.step.reward && results.endings[index] == answer.step.ending)
        if answer.step.ending == nil {
          #expect(Array(results.observations[results.range(of: index)]) == answer.observation)
        } else {
          #expect(Array(results.finalObservations[results.range(of: index)]) == answer.observation)
          #expect(Array(results.observations[results.range(of: index)]) == (try alone[index].reset()))
        }
      }
    }
  }
}

/// Two agents count up in turns; who says the target wins.
private struct Race: TurnEnvironment {
  let agents = [
    AgentDescription("first", group: "racers", observationSpace: .box(1), actionSpace: .discrete(3)),
    AgentDescription("second", group: "racers", observationSpace: .box(2), actionSpace: .discrete(3)),
  ]
  private(set) var agentToMove: Int?
  private var count: Float = 0

  mutating func reset(seed: UInt64?) {
    count = 0
    agentToMove = 0
  }

  mutating func move(_ action: Span<Float>, into results: inout MultiAgentStep) {
    guard let mover = agentToMove else { return }
    count += action[0]
    results.rewards[mover] = count >= 3 ? 1 : 0
    results.rewards[1 - mover] = count >= 3 ? -1 : 0
    for agent in 0..<2 { results.endings[agent] = count >= 3 ? .terminated : nil }
    agentToMove = count >= 3 ? nil : 1 - mover
  }

  func observe(_ agent: Int, into observation: inout MutableSpan<Float>) {
    observation[0] = count
    if agent == 1 { observation[1] = -count }
  }
}

@Suite struct MultiAgentTests {
  @Test("in a world of turns only the one to move is alive, and everyone sees and is paid")
  func turns() throws {
    var world = Turns(Race())
    var results = MultiAgentStep(for: world.agents)
    #expect(results.observationRanges == [0..<1, 1..<3] && results.actionRanges == [0..<1, 1..<2])
    try world.reset(seed: 1, into: &results)
    #expect(results.isAlive == [true, false] && results.observations == [0, 0, 0])
    try world.step(([2, 9] as [Float]).span, into: &results)
    #expect(results.isAlive == [false, true] && results.observations == [2, 2, -2] && results.endings == [nil, nil])
    try world.step(([9, 1] as [Float]).span, into: &results)
    #expect(results.rewards == [-1, 1] && results.endings == [.terminated, .terminated])
    #expect(results.isAlive == [false, false])
    #expect(throws: EnvironmentError.self) { try world.step(([0, 0] as [Float]).span, into: &results) }
    try world.reset(seed: nil, into: &results)
    #expect(results.endings == [nil, nil] && results.rewards == [0, 0])
  }
}

@Suite struct CheckEnvironmentTests {
  @Test("worlds that keep the contract have no problem", arguments: EnvironmentCatalogue.entries.map(\.name))
  func good(name: String) throws {
    func check<World: SavableEnvironment>(_ world: World) -> [String] { checkEnvironment(world, steps: 200) }
    #expect(check(try EnvironmentCatalogue.make(name)).isEmpty)
  }

  @Test("what breaks the contract is told in words")
  func bad() {
    func told(_ change: (inout Counter) -> Void) -> String {
      var world = Counter()
      change(&world)
      return checkEnvironment(world, seed: 3, steps: 40).joined(separator: "\n")
    }
    #expect(told { _ in }.isEmpty)
    #expect(told { $0.observationSpace = .box(2, from: 0, to: 100) }.contains("reset answered outside its space"))
    #expect(told { $0.reward = .infinity }.contains("rewards must be finite"))
    #expect(told { $0.actionSpace = .box(1) }.contains("open"))
    #expect(told { $0.actionSpace = .discrete(0) }.contains("has no values"))
    #expect(told { $0.observationSpace = .tuple([]) }.contains("has no numbers"))
    #expect(told { $0.forgetsSeed = true }.contains("what was done before a reset"))
  }
}
