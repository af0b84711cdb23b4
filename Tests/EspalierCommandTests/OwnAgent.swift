// SPDX-License-Identifier: Apache-2.0
// Espalier: the program of Documentation/Agents.md, block by block.

import Espalier

/// Tries one sparse network after another for an episode each, and keeps the one that earned most.
struct RandomSearch: AgentRecipe {
  var density = 0.5
  let worlds = 1
  let algorithm = "random search"

  func makeAgent(at site: AgentSite) throws(AgentError) -> any Agent { try RandomSearchAgent(self, at: site) }
}

final class RandomSearchAgent: Agent, @unchecked Sendable {
  private let recipe: RandomSearch
  private let site: AgentSite
  private var (candidate, best) = (0, 0)
  private var (earned, most) = (0.0, -Double.greatestFiniteMagnitude)
  private var runner: PolicyRunner
  private(set) var steps = 0
  let (gradientSteps, replayBytes) = (0, 0)

  init(_ recipe: RandomSearch, at site: AgentSite) throws(AgentError) {
    self.recipe = recipe
    self.site = site
    runner = PolicyRunner(try Self.policy(0, recipe, site))
  }

  private static func policy(_ index: Int, _ recipe: RandomSearch, _ site: AgentSite) throws(AgentError) -> Policy {
    guard case .discrete(let choices, _) = site.actionSpace else {
      throw .space(algorithm: recipe.algorithm, expected: "one discrete choice", got: site.actionSpace)
    }
    let network: Network
    do throws(TopologyError) {
      network = try Network(
        inputs: site.observationSpace.encodedCount, topology: .uniform(density: recipe.density),
        seed: site.seed &+ UInt64(index)
      ) { SparseLinear(choices) }
    } catch { throw .network("\(error)") }
    return try Policy(
      network: network, head: .categorical, observationSpace: site.observationSpace, actionSpace: site.actionSpace)
  }

  var policy: Policy { get throws(AgentError) { try Self.policy(best, recipe, site) } }
  var modules: [AgentModule] {
    let summary = runner.policy.network.summary
    return [
      AgentModule(name: "actor", connections: summary.connections, denseConnections: summary.denseConnections)
    ]
  }
  var measures: [AgentMeasure] { [AgentMeasure("most", most), AgentMeasure("candidates", Double(candidate))] }

  func act(on observations: Span<Float>, into actions: inout MutableSpan<Float>) {
    var random = Random(seed: site.seed)
    runner.act(on: observations, into: &actions, random: &random)
  }

  func learn(from observations: Span<Float>, _ results: VectorStep) throws(AgentError) {
    steps += 1
    earned += results.rewards[0]
    guard results.endings[0] != nil else { return }
    if earned > most { (best, most) = (candidate, earned) }
    (candidate, earned) = (candidate + 1, 0)
    runner = PolicyRunner(try Self.policy(candidate, recipe, site))
  }

  func write(to state: inout AgentState) {
    state.add("search.counts", [steps, candidate, best])
    state.add("search.returns", [earned, most])
  }

  func restore(from state: AgentState) throws(AgentError) {
    let counts = try state.integers("search.counts", count: 3)
    let returns = try state.numbers("search.returns", count: 2)
    (steps, candidate, best) = (counts[0], counts[1], counts[2])
    (earned, most) = (returns[0], returns[1])
    runner = PolicyRunner(try Self.policy(candidate, recipe, site))
  }
}

func searched(steps: Int, seed: UInt64) throws -> Double {
  let world = CartPole().timeLimit(500)
  let session = try AgentSession(RandomSearch(), in: SerialEnvironments(1, of: world), steps: steps, seed: seed)
  try session.run()
  return try evaluate(session.agent.policy, in: world, episodes: 20, seed: 1000).statistics.mean
}
