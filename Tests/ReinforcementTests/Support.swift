// SPDX-License-Identifier: Apache-2.0
// Espalier: small agents and worlds for the tests of this room.

import Environments
import NeuralNetworks
import SparseCore
import SparseTopology

@testable import Reinforcement
@testable import Training

/// A recipe with small networks, and a world that it can learn in.
struct SmallRun {
  let name: String
  let recipe: any AgentRecipe
  let worlds: any VectorEnvironment
  var steps = 400

  func session(seed: UInt64 = 1, threads: Int = 1, steps: Int? = nil) throws -> AgentSession {
    try AgentSession(recipe, in: worlds, steps: steps ?? self.steps, seed: seed, workers: Workers(threads: threads))
  }

  /// Every algorithm in small, sparse with `evolution`, each with something special.
  static func all(_ evolution: Evolution = .set(every: .steps(7))) -> [SmallRun] {
    let topology = Topology.uniform(density: 0.3)
    let network = NetworkRecipe.mlp([12, 10], topology: topology)
    var dqn = DQN(network: network, evolution: evolution, learningRate: 1e-3)
    (dqn.learningStart, dqn.trainInterval, dqn.gradientSteps, dqn.batchSize) = (40, 8, 4, 16)
    var priority = dqn
    priority.replay = ReplaySettings(
      capacity: 120, priorities: .init(), multiStep: .init(3, delay: 0.3),
      dynamicCapacity: .init(minimum: 30, interval: 5, threshold: 0.1, chunk: 20))
    (priority.isDuelling, priority.targetTopology, priority.targetShare) = (true, .own, 0.1)
    var ppo = PPO(network: network, evolution: evolution)
    (ppo.rolloutLength, ppo.batchSize, ppo.epochs) = (16, 20, 2)
    var continuous = ppo
    (continuous.normalizesObservations, continuous.targetDivergence, continuous.entropyCoefficient) = (true, 0.5, 0.01)
    var td3 = TD3(actor: network, critic: network, evolution: evolution)
    (td3.learningStart, td3.batchSize, td3.trainInterval) = (40, 16, 20)
    (td3.targetTopology, td3.normalizesObservations) = (.own, true)
    var sac = SAC(actor: network, critic: network, evolution: evolution, learningRate: 1e-3)
    (sac.learningStart, sac.batchSize, sac.trainInterval) = (40, 16, 4)
    sac.replay = ReplaySettings(capacity: 100, priorities: .init(), multiStep: .init(2))
    var reinforce = REINFORCE(network: network, evolution: evolution)
    (reinforce.episodes, reinforce.mostSteps) = (3, 60)
    return [
      SmallRun(name: "dqn", recipe: dqn, worlds: SerialEnvironments(1, of: CartPole().timeLimit(50))),
      SmallRun(
        name: "dqn with everything", recipe: priority, worlds: SerialEnvironments(3, of: TwoStates(length: 5))),
      SmallRun(name: "ppo", recipe: ppo, worlds: SerialEnvironments(2, of: CartPole().timeLimit(30))),
      SmallRun(
        name: "ppo of several choices", recipe: ppo, worlds: SerialEnvironments(2, of: IdentityTask(.choices([2, 3])))),
      SmallRun(
        name: "ppo of numbers", recipe: continuous, worlds: SerialEnvironments(3, of: Pendulum().timeLimit(40))),
      SmallRun(name: "td3", recipe: td3, worlds: SerialEnvironments(2, of: Pendulum().timeLimit(30)), steps: 1100),
      SmallRun(name: "sac", recipe: sac, worlds: SerialEnvironments(1, of: Pendulum().timeLimit(30))),
      SmallRun(name: "reinforce", recipe: reinforce, worlds: SerialEnvironments(2, of: CartPole().timeLimit(40))),
      SmallRun(
        name: "reinforce of numbers", recipe: reinforce, worlds: SerialEnvironments(1, of: IdentityTask(.numbers(2)))),
    ]
  }
}

extension Agent {
  /// The bytes of the policy's file.
  var policyBytes: [UInt8] {
    get throws {
      let (entries, metadata) = try policy.model.tensors(for: "policy")
      return SafetensorsWriter.bytes(entries, metadata: metadata)
    }
  }

  /// The bytes of everything that the next step depends on.
  var stateBytes: [UInt8] {
    get throws {
      var state = AgentState(path: "state")
      try write(to: &state)
      return SafetensorsWriter.bytes(state.entries, metadata: state.metadata)
    }
  }
}

/// The nearest number to `count` decimals.
func rounded(_ value: Double, _ digits: Double = 1e-6) -> Double { (value / digits).rounded() * digits }
