// SPDX-License-Identifier: Apache-2.0
// Espalier: settings and spaces that do not go.

import Environments
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Reinforcement

@Suite("Settings of agents")
struct SettingTests {
  private static let box = Space.box(1, from: -1, to: 1)

  /// What a recipe is refused with.
  private func refusal(
    _ recipe: any AgentRecipe, observing: Space = .box(2), acting: Space
  ) -> AgentError? {
    do {
      _ = try recipe.makeAgent(
        at: AgentSite(observationSpace: observing, actionSpace: acting, worlds: 1, steps: 100, seed: 1))
      return nil
    } catch { return error }
  }

  private func expectSetting(_ name: String, _ recipe: any AgentRecipe, acting: Space) {
    guard case .setting(let named, let expected, let got)? = refusal(recipe, acting: acting) else {
      Issue.record("\(recipe.algorithm) took \(name)")
      return
    }
    #expect(named == name && !expected.isEmpty && !got.isEmpty)
    let words = AgentError.setting(name: named, expected: expected, got: got).description
    #expect(words == "\(name): expected \(expected), got \(got)")
  }

  private static let dqnCases: [(String, @Sendable (inout DQN) -> Void)] = [
    ("batch size", { $0.batchSize = 0 }), ("discount", { $0.discount = 1.1 }), ("discount", { $0.discount = .nan }),
    ("learning start", { $0.learningStart = -1 }), ("training interval", { $0.trainInterval = 0 }),
    ("gradient steps of a round", { $0.gradientSteps = 0 }), ("target interval", { $0.targetInterval = 0 }),
    ("target share", { $0.targetShare = 2 }), ("exploration share", { $0.explorationShare = -0.1 }),
    ("final exploration", { $0.finalExploration = 1.5 }), ("replay capacity", { $0.replay.capacity = 63 }),
    ("steps of a target", { $0.replay.multiStep = .init(0) }),
    ("delay of multi-step targets", { $0.replay.multiStep = .init(2, delay: .nan) }),
    ("priority alpha", { $0.replay.priorities = .init(alpha: 2) }),
    ("priority beta", { $0.replay.priorities = .init(beta: -1) }),
    (
      "dynamic capacity",
      { $0.replay.dynamicCapacity = .init(minimum: 10, interval: 1, threshold: 0.2, chunk: 1) }
    ),
    ("critic hidden widths", { $0.critic.network.body = .mlp([4, 0]) }),
    ("critic blocks", { $0.critic.network.body = .simba(width: 4, blocks: 0) }),
  ]

  @Test("DQN's settings out of range are named", arguments: dqnCases.indices)
  func dqnSettings(_ index: Int) {
    var recipe = DQN(network: .mlp([4]))
    Self.dqnCases[index].1(&recipe)
    expectSetting(Self.dqnCases[index].0, recipe, acting: .discrete(2))
  }

  private static let ppoCases: [(String, @Sendable (inout PPO) -> Void)] = [
    ("rollout length", { $0.rolloutLength = 0 }), ("batch size", { $0.batchSize = 0 }),
    ("epochs of a rollout", { $0.epochs = 0 }), ("discount", { $0.discount = -1 }), ("lambda", { $0.lambda = 2 }),
    ("clip range", { $0.clipRange = -0.1 }), ("entropy coefficient", { $0.entropyCoefficient = .infinity }),
    ("first deviation", { $0.firstDeviation = 0 }), ("target divergence", { $0.targetDivergence = 0 }),
  ]

  @Test("PPO's settings out of range are named", arguments: ppoCases.indices)
  func ppoSettings(_ index: Int) {
    var recipe = PPO(network: .mlp([4]))
    Self.ppoCases[index].1(&recipe)
    expectSetting(Self.ppoCases[index].0, recipe, acting: .discrete(2))
  }

  private static let td3Cases: [(String, @Sendable (inout TD3) -> Void)] = [
    ("batch size", { $0.batchSize = 0 }), ("discount", { $0.discount = 2 }),
    ("learning start", { $0.learningStart = -1 }),
    ("training interval", { $0.trainInterval = 0 }), ("gradient steps of a round", { $0.gradientSteps = 0 }),
    ("target share", { $0.targetShare = -1 }), ("policy interval", { $0.policyInterval = 0 }),
    ("exploration noise", { $0.explorationNoise = -1 }), ("target noise", { $0.targetNoise = .nan }),
    ("bound of the target noise", { $0.targetNoiseBound = -1 }),
    ("replay capacity", { $0.replay.capacity = 10 }), ("actor hidden widths", { $0.actor.network.body = .mlp([-1]) }),
  ]

  @Test("TD3's settings out of range are named", arguments: td3Cases.indices)
  func td3Settings(_ index: Int) {
    var recipe = TD3(actor: .mlp([4]), critic: .mlp([4]))
    Self.td3Cases[index].1(&recipe)
    expectSetting(Self.td3Cases[index].0, recipe, acting: Self.box)
  }

  private static let sacCases: [(String, @Sendable (inout SAC) -> Void)] = [
    ("batch size", { $0.batchSize = 0 }), ("discount", { $0.discount = 2 }),
    ("learning start", { $0.learningStart = -1 }),
    ("training interval", { $0.trainInterval = 0 }), ("gradient steps of a round", { $0.gradientSteps = 0 }),
    ("target share", { $0.targetShare = -1 }), ("temperature rate", { $0.temperatureRate = -1 }),
    ("temperature", { $0.temperature = -1 }), ("target entropy", { $0.targetEntropy = .nan }),
  ]

  @Test("SAC's settings out of range are named", arguments: sacCases.indices)
  func sacSettings(_ index: Int) {
    var recipe = SAC(actor: .mlp([4]), critic: .mlp([4]))
    Self.sacCases[index].1(&recipe)
    expectSetting(Self.sacCases[index].0, recipe, acting: Self.box)
  }

  private static let reinforceCases: [(String, @Sendable (inout REINFORCE) -> Void)] = [
    ("episodes of an update", { $0.episodes = 0 }), ("most steps of an update", { $0.mostSteps = 1 }),
    ("discount", { $0.discount = 2 }), ("entropy coefficient", { $0.entropyCoefficient = -1 }),
    ("first deviation", { $0.firstDeviation = -1 }),
  ]

  @Test("REINFORCE's settings out of range are named", arguments: reinforceCases.indices)
  func reinforceSettings(_ index: Int) {
    var recipe = REINFORCE(network: .mlp([4]))
    Self.reinforceCases[index].1(&recipe)
    expectSetting(Self.reinforceCases[index].0, recipe, acting: .discrete(2))
  }

  @Test("a run of no steps is refused")
  func steps() {
    #expect(throws: AgentError.self) {
      try AgentSession(DQN(network: .mlp([4])), in: SerialEnvironments(1, of: CartPole()), steps: 0, seed: 1)
    }
  }

  @Test("spaces in which an algorithm cannot act are refused in words")
  func spaces() {
    let open = Space.box(1, from: -1, to: .infinity)
    let parts = Space.tuple([.discrete(2), .discrete(2)])
    let mlp = NetworkRecipe.mlp([4])
    let cases: [(any AgentRecipe, [Space])] = [
      (DQN(network: mlp), [Self.box, .multiDiscrete([2, 2]), .multiBinary(count: 1), parts]),
      (PPO(network: mlp), [open, parts, .dictionary(["a": .discrete(2)])]),
      (REINFORCE(network: mlp), [open, parts]),
      (TD3(actor: mlp, critic: mlp), [.discrete(2), open, .multiBinary(count: 2), parts]),
      (SAC(actor: mlp, critic: mlp), [.discrete(2), open, .multiDiscrete([2]), parts]),
    ]
    for (recipe, spaces) in cases {
      for space in spaces {
        guard case .space(let algorithm, let expected, let got)? = refusal(recipe, acting: space) else {
          Issue.record("\(recipe.algorithm) acts in \(space)")
          continue
        }
        #expect(algorithm == recipe.algorithm && !expected.isEmpty && got == space)
        #expect(refusal(recipe, acting: space)?.description.contains("\(space)") == true)
      }
    }
  }

  @Test("every observation space can be read, empty ones are refused", arguments: [true, false])
  func observations(_ isSparse: Bool) {
    let network = NetworkRecipe.mlp([4], topology: isSparse ? .uniform(density: 0.5) : nil)
    for space in [Space.discrete(3), .multiBinary(count: 2), .tuple([.box(1), .discrete(2)]), .multiDiscrete([2, 2])] {
      #expect(refusal(DQN(network: network), observing: space, acting: .discrete(2)) == nil)
    }
    for space in [Space.box(0), .tuple([])] {
      #expect(refusal(PPO(network: network), observing: space, acting: .discrete(2)) != nil, "\(space)")
      #expect(refusal(DQN(network: network), observing: space, acting: .discrete(2)) != nil, "\(space)")
    }
    #expect(refusal(PPO(network: network), acting: .box(0, from: -1, to: 1)) != nil)
    #expect(refusal(TD3(actor: network, critic: network), acting: .box(0, from: -1, to: 1)) != nil)
  }

  @Test("topologies and evolutions that do not go are refused in words")
  func networks() {
    for topology in [Topology.erk(density: 2), .uniform(density: -1), .erdosRenyi(density: .nan)] {
      guard case .network(let words)? = refusal(DQN(network: .mlp([4], topology: topology)), acting: .discrete(2))
      else {
        Issue.record("\(topology) was taken")
        continue
      }
      #expect(!words.isEmpty)
    }
    guard
      case .network(let words)? = refusal(
        DQN(network: .mlp([4], topology: .erk(density: 0.5)), evolution: .set(every: .steps(0))), acting: .discrete(2))
    else {
      Issue.record("an evolution every 0 steps was taken")
      return
    }
    #expect(words.contains("critic"))
  }
}
