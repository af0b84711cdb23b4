// SPDX-License-Identifier: Apache-2.0
// Espalier: every algorithm learns what has a known answer.

import Environments
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Reinforcement
@testable import Training

@Suite("Learning known answers")
struct LearningTests {
  /// Dense, or more than 80 % sparse with SET.
  private static let forms = [false, true]

  private func network(_ isSparse: Bool, _ hidden: [Int] = [32, 24]) -> NetworkRecipe {
    // So small a network must not lose the last connection of an output.
    NetworkRecipe(.mlp(hidden), topology: isSparse ? .erk(density: 0.1) : nil, sparsePart: .hidden)
  }

  private func evolution(_ isSparse: Bool) -> Evolution {
    isSparse ? .set(every: .steps(20), dropFraction: 0.1) : .static
  }

  private func learn(
    _ recipe: any AgentRecipe, in worlds: any VectorEnvironment, steps: Int, isSparse: Bool, seed: UInt64 = 1
  ) throws -> any Agent {
    let session = try AgentSession(recipe, in: worlds, steps: steps, seed: seed)
    try session.run()
    let modules = session.agent.modules
    let (held, dense) = (modules.reduce(0) { $0 + $1.connections }, modules.reduce(0) { $0 + $1.denseConnections })
    #expect(isSparse ? Double(held) < 0.2 * Double(dense) : held == dense)
    return session.agent
  }

  /// What a network gives for one-hot observations: `[observations][outputs]`.
  private func outputs(_ network: Network, _ count: Int) -> [[Double]] {
    var table = Matrix(rows: count, columns: count)
    for row in 0..<count { table[row, row] = 1 }
    let result = network.predict(table, workers: Workers(threads: 1))
    return (0..<count).map { row in (0..<network.outputs).map { Double(result[row, $0]) } }
  }

  /// Between what random actions earn, 0, and what the best ones do, 1.
  private func share(_ policy: Policy, in task: IdentityTask) throws -> Double {
    let mean = try evaluate(policy, in: task, episodes: 20, seed: 77).statistics.mean / Double(task.length)
    return (mean - task.randomReward) / (task.bestReward - task.randomReward)
  }

  private func dqn(_ isSparse: Bool, _ change: (inout DQN) -> Void = { _ in }) -> DQN {
    var recipe = DQN(network: network(isSparse), evolution: evolution(isSparse), learningRate: 3e-3)
    (recipe.learningStart, recipe.trainInterval, recipe.gradientSteps, recipe.batchSize) = (64, 8, 6, 32)
    (recipe.targetInterval, recipe.explorationShare, recipe.finalExploration) = (16, 0.5, 0.1)
    recipe.discount = 0.8
    change(&recipe)
    return recipe
  }

  private static let variants: [(name: String, change: @Sendable (inout DQN) -> Void)] = [
    ("plain", { $0.isDouble = false }), ("double", { $0.isDouble = true }),
    ("duelling", { $0.isDuelling = true }),
    ("prioritised", { $0.replay.priorities = .init() }),
    ("three steps", { $0.replay.multiStep = .init(3) }),
    ("soft target of its own", { ($0.targetShare, $0.targetTopology) = (0.3, .own) }),
  ]

  @Test("DQN finds the values of two states that are cut", arguments: 0...variants.count)
  func twoStates(_ number: Int) throws {
    // All of them sparse, the first one dense too.
    let (index, isSparse) = (number % Self.variants.count, number < Self.variants.count)
    // Three steps of an exploring policy count its mistakes too: the bound is wider.
    let isLong = Self.variants[index].name == "three steps"
    let recipe = dqn(isSparse, Self.variants[index].change)
    let agent = try learn(recipe, in: SerialEnvironments(2, of: TwoStates()), steps: 1200, isSparse: isSparse)
    let policy = try agent.policy
    var values = outputs(policy.network, 2)
    if recipe.isDuelling {
      values = values.map { [$0[0], $0[1]].map { $0 } + [$0[2]] }.map { row in
        let mean = (row[0] + row[1]) / 2
        return [row[2] + row[0] - mean, row[2] + row[1] - mean]
      }
    }
    let known = TwoStates.values(discount: 0.8)
    for state in 0...1 {
      for choice in 0...1 {
        let bound = isLong ? 2.5 : 0.5
        #expect(
          abs(values[state][choice] - known[state][choice]) < bound,
          "\(Self.variants[index].name): \(values) instead of \(known)")
      }
    }
    let runner = PolicyRunner(policy)
    #expect(runner.act(on: [0]) == [1] && runner.act(on: [1]) == [0])
  }

  @Test("DQN takes true ends for ends", arguments: forms)
  func ends(_ isSparse: Bool) throws {
    let worlds = SerialEnvironments(2, of: TwoStates(length: 1, ends: .terminated))
    let agent = try learn(dqn(isSparse), in: worlds, steps: 600, isSparse: isSparse)
    let policy = try agent.policy
    let (values, known) = (outputs(policy.network, 2), [[1.0, -1], [2, 0]])
    for (row, truth) in zip(values, known) {
      for (value, truth) in zip(row, truth) { #expect(abs(value - truth) < 0.2, "\(values) instead of \(known)") }
    }
    #expect(PolicyRunner(policy).act(on: [0]) == [0])
  }

  @Test("DQN brings a late reward back to its cause", arguments: forms)
  func delayed(_ isSparse: Bool) throws {
    let agent = try learn(
      dqn(isSparse), in: SerialEnvironments(1, of: DelayedReward(delay: 2)), steps: 1000, isSparse: isSparse)
    let values = outputs(try agent.policy.network, 7)
    #expect(abs(values[0][1] - 0.64) < 0.1 && abs(values[0][0]) < 0.1, "\(values[0])")
    #expect(abs((values[2].max() ?? 0) - 0.8) < 0.1 && abs((values[4].max() ?? 0) - 1) < 0.12)
  }

  private func ppo(_ isSparse: Bool, _ change: (inout PPO) -> Void = { _ in }) -> PPO {
    var recipe = PPO(network: network(isSparse), evolution: evolution(isSparse), learningRate: 5e-3)
    (recipe.rolloutLength, recipe.batchSize, recipe.epochs, recipe.discount) = (16, 32, 6, 0.9)
    recipe.lambda = 0.9
    change(&recipe)
    return recipe
  }

  @Test("PPO does what is shown, for every kind of action", arguments: forms)
  func identity(_ isSparse: Bool) throws {
    let kinds: [(IdentityTask.Kind, Double)] = [
      (.choice(3), 0.95), (.choices([2, 3]), 0.95), (.binaries(2), 0.95), (.numbers(1), 0.75),
    ]
    for (kind, bound) in kinds {
      let task = IdentityTask(kind)
      let recipe = ppo(isSparse) { ($0.discount, $0.firstDeviation) = (0, 0.6) }
      let agent = try learn(recipe, in: SerialEnvironments(8, of: task), steps: 2000, isSparse: isSparse)
      let result = try share(agent.policy, in: task)
      #expect(result > bound, "\(kind): \(result)")
    }
  }

  @Test("PPO's critic knows that a cut is no end", arguments: forms)
  func endless(_ isSparse: Bool) throws {
    for actions in [Space.discrete(2), .box(1, from: -1, to: 1)] {
      let session = try AgentSession(
        ppo(isSparse) { $0.lambda = 0.5 }, in: SerialEnvironments(4, of: EndlessReward(length: 4, actions: actions)),
        steps: 1500, seed: 1)
      try session.run()
      let agent = try #require(session.agent as? PPOAgent)
      let value = outputs(agent.critic.network, 1)[0][0]
      #expect(abs(value - 10) < 1, "\(value)")
    }
  }

  @Test("PPO leaves state 0 of two that are cut, and stays where they end", arguments: forms)
  func twoStatesPPO(_ isSparse: Bool) throws {
    for ending in [Ending.truncated, .terminated] {
      let worlds = SerialEnvironments(8, of: TwoStates(length: 3, ends: ending))
      let agent = try learn(ppo(isSparse), in: worlds, steps: 3000, isSparse: isSparse)
      let runner = PolicyRunner(try agent.policy)
      #expect(runner.act(on: [0]) == [ending == .truncated ? 1 : 0], "\(ending)")
      #expect(runner.act(on: [1]) == [0], "\(ending)")
    }
  }

  @Test("TD3 and SAC do what is shown", arguments: forms)
  func continuous(_ isSparse: Bool) throws {
    let task = IdentityTask(.numbers(1))
    let (actor, critic) = (network(isSparse, [32, 32]), network(isSparse, [48, 32]))
    var td3 = TD3(actor: actor, critic: critic, evolution: evolution(isSparse), learningRate: 3e-3)
    (td3.learningStart, td3.batchSize, td3.discount, td3.trainInterval) = (100, 32, 0, 2)
    var sac = SAC(actor: actor, critic: critic, evolution: evolution(isSparse), learningRate: 3e-3)
    (sac.learningStart, sac.batchSize, sac.discount, sac.trainInterval) = (100, 32, 0, 2)
    for recipe in [td3, sac] as [any AgentRecipe] {
      let agent = try learn(recipe, in: SerialEnvironments(1, of: task), steps: 1000, isSparse: isSparse)
      let result = try share(agent.policy, in: task)
      #expect(result > 0.7, "\(recipe.algorithm): \(result)")
    }
  }

  @Test("REINFORCE does what is shown", arguments: forms)
  func reinforce(_ isSparse: Bool) throws {
    for (kind, bound) in [(IdentityTask.Kind.choice(3), 0.95), (.binaries(2), 0.95), (.numbers(1), 0.6)] {
      let task = IdentityTask(kind, length: 5)
      var recipe = REINFORCE(network: network(isSparse), evolution: evolution(isSparse), learningRate: 1e-2)
      (recipe.episodes, recipe.discount, recipe.firstDeviation) = (10, 0, 0.6)
      let agent = try learn(recipe, in: SerialEnvironments(2, of: task), steps: 5000, isSparse: isSparse)
      let result = try share(agent.policy, in: task)
      #expect(result > bound, "\(kind): \(result)")
    }
  }
}
