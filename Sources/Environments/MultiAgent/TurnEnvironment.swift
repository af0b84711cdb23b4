// SPDX-License-Identifier: Apache-2.0
// Espalier: worlds in which agents take turns.

/// A world in which one agent acts at a time: PettingZoo's turn-by-turn contract.
///
/// ``Turns`` makes a ``MultiAgentEnvironment`` of it.
public protocol TurnEnvironment: Sendable {
  /// Every agent that can take part, in order.
  var agents: [AgentDescription] { get }
  /// Who acts now; nil when the episode is over.
  var agentToMove: Int? { get }

  /// Begins an episode.
  mutating func reset(seed: UInt64?) throws(EnvironmentError)

  /// Lets ``agentToMove`` act.
  ///
  /// - Parameter results: rewards, endings and who is alive after the move, for every agent; observations are asked for apart.
  mutating func move(_ action: Span<Float>, into results: inout MultiAgentStep) throws(EnvironmentError)

  /// Writes what an agent sees now.
  func observe(_ agent: Int, into observation: inout MutableSpan<Float>)
}

/// A world of turns in which all agents act at once for the learner: only the one to move is alive.
public struct Turns<World: TurnEnvironment>: MultiAgentEnvironment {
  /// The world inside.
  public private(set) var world: World
  /// Every agent that can take part, in order.
  public let agents: [AgentDescription]
  private var scratch: [[Float]]

  /// Wraps a world of turns.
  public init(_ world: World) {
    self.world = world
    agents = world.agents
    scratch = agents.map { [Float](repeating: 0, count: $0.observationSpace.flatCount) }
  }

  /// Begins an episode.
  public mutating func reset(seed: UInt64?, into results: inout MultiAgentStep) throws(EnvironmentError) {
    try world.reset(seed: seed)
    for agent in agents.indices {
      results.rewards[agent] = 0
      results.endings[agent] = nil
    }
    show(&results)
  }

  /// Acts once.
  public mutating func step(_ actions: Span<Float>, into results: inout MultiAgentStep) throws(EnvironmentError) {
    guard let agent = world.agentToMove else {
      throw .broken(environment: "turns", expected: "a reset after the end of an episode", got: "a step")
    }
    let range = results.actionRanges[agent]
    try world.move(actions.extracting(range), into: &results)
    show(&results)
  }

  private mutating func show(_ results: inout MultiAgentStep) {
    for agent in agents.indices {
      results.isAlive[agent] = agent == world.agentToMove
      var observation = [Float]()
      swap(&observation, &scratch[agent])
      var span = observation.mutableSpan
      world.observe(agent, into: &span)
      for (index, at) in results.observationRanges[agent].enumerated() { results.observations[at] = observation[index] }
      swap(&observation, &scratch[agent])
    }
  }
}
