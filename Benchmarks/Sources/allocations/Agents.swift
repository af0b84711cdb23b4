// SPDX-License-Identifier: Apache-2.0
// Espalier: does an agent allocate when it acts and learns?

import AllocationCounter
import Espalier

/// Counts the allocator's calls over steps of agents in worlds without an end, and of policies that act.
enum Agents {
  /// The count at the step from which on it matters; one thread at a time uses it.
  private final class Start: @unchecked Sendable {
    var calls = 0
    var bytes = 0
  }

  private static let recipes: [(name: String, recipe: any AgentRecipe, actions: Space)] = {
    var rows: [(String, any AgentRecipe, Space)] = []
    let (choice, numbers) = (Space.discrete(2), Space.box(2, from: -1, to: 1))
    for (form, topology) in [("sparse", Topology?.some(.erk(density: 0.1))), ("dense", nil)] {
      let network = NetworkRecipe.mlp([64, 64], topology: topology)
      var dqn = DQN(network: network)
      (dqn.learningStart, dqn.trainInterval, dqn.gradientSteps) = (64, 1, 1)
      rows.append(("dqn \(form)", dqn, choice))
      dqn.targetShare = 0.01
      rows.append(("dqn soft \(form)", dqn, choice))
      dqn.replay.priorities = .init()
      dqn.replay.multiStep = .init(3)
      rows.append(("dqn prioritised \(form)", dqn, choice))
      var ppo = PPO(network: network)
      (ppo.rolloutLength, ppo.batchSize, ppo.epochs) = (16, 16, 2)
      rows.append(("ppo \(form)", ppo, choice))
      rows.append(("ppo numbers \(form)", ppo, numbers))
      var td3 = TD3(actor: network, critic: network)
      (td3.learningStart, td3.batchSize) = (64, 64)
      rows.append(("td3 \(form)", td3, numbers))
      var sac = SAC(actor: network, critic: network)
      (sac.learningStart, sac.batchSize) = (64, 64)
      rows.append(("sac \(form)", sac, numbers))
      rows.append(("sac simba \(form)", simba(sac, topology), numbers))
    }
    return rows
  }()

  private static func simba(_ recipe: SAC, _ topology: Topology?) -> SAC {
    var recipe = recipe
    recipe.actor.network = .simba(width: 32, blocks: 1, topology: topology)
    recipe.critic.network = .simba(width: 32, blocks: 1, topology: topology)
    return recipe
  }

  /// Prints a row for each agent; true when none allocates.
  static func measure() throws -> Bool {
    var isFree = true
    for (name, recipe, actions) in recipes {
      let start = Start()
      let worlds = SerialEnvironments(2, of: EndlessReward(length: 1_000_000, actions: actions))
      let session = try AgentSession(recipe, in: worlds, steps: 1000, seed: 1)
      session.isInterrupted = { [unowned session] in
        guard session.agent.steps == 400 else { return false }
        start.calls = espalier_allocations()
        start.bytes = espalier_allocated_bytes()
        if CommandLine.arguments.contains("--trap") { espalier_trap_allocations(1) }
        return false
      }
      try session.run()
      espalier_trap_allocations(0)
      let (calls, bytes) = (espalier_allocations() - start.calls, espalier_allocated_bytes() - start.bytes)
      let acting = try act(session.agent.policy)
      // What the end of a run itself takes.
      isFree = isFree && calls < 8 && acting == 0
      print(Allocations.row(name, "", "", "", "", "600", "\(calls)", "\(bytes)") + "acting \(acting)")
    }
    return isFree
  }

  /// Allocations of a thousand actions.
  private static func act(_ policy: Policy) throws -> Int {
    let runner = PolicyRunner(policy)
    let observation: [Float] = [1]
    var action = [Float](repeating: 0, count: policy.actionSpace.flatCount)
    var random = Random(seed: 1)
    var calls = 0
    for turn in 0..<1001 {
      if turn == 1 { calls = espalier_allocations() }
      var span = action.mutableSpan
      runner.act(on: observation.span, into: &span, choice: turn % 2 == 0 ? .best : .drawn, random: &random)
    }
    return espalier_allocations() - calls
  }
}
