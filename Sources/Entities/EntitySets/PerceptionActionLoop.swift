// SPDX-License-Identifier: Apache-2.0
// Espalier: an agent's memory and its environment.

/// The perception-action loop: a memory *M* and an environment *E*, each depending on both of the step before.
///
/// p(m′, e′ | m, e) = p(m′ | m, e) p(e′ | m, e) is a Markov chain of two variables, memory (node 2*t*) and environment (node 2*t* + 1).
/// What the memory can go through from the first step to the last is the entity-set of the loop; its actions and perceptions
/// are those that the literature defines for such loops directly (`heteronomy(at:)`, `percepts`), which tests hold together.
///
///     let loop = try PerceptionActionLoop(
///       memoryStates: 2, environmentStates: 2, initial: [0.25, 0.25, 0.25, 0.25],
///       memory: [0.9, 0.1, 0.2, 0.8, 0.9, 0.1, 0.2, 0.8], environment: [1, 0, 0, 1, 1, 0, 0, 1], timeSteps: 3)
///     loop.percepts                              // [[0], [1]]
///     try loop.entities().perceptions(of: 0, at: 0).classes.count   // 2
///
/// Source: M. Biehl, *Formal approaches to a definition of agents*, thesis, University of Hertfordshire 2017, arXiv:1704.02716;
/// the loop itself: A. S. Klyubin, D. Polani, C. L. Nehaniv, *Organization of the information flow in the perception-action loop of
/// evolved agents*, NASA/DoD Evolvable Hardware 2004.
public struct PerceptionActionLoop<Scalar: ProbabilityScalar>: Sendable {
  /// The loop as a Markov chain of the variables "memory" and "environment".
  public let chain: MultivariateMarkovChain<Scalar>
  /// How many states the memory has.
  public let memoryStates: Int
  /// How many states the environment has.
  public let environmentStates: Int
  /// [memory states · environment states, memory states]: p(m′ | m, e), row m · environment states + e, rows summing to 1.
  public let memory: [Scalar]
  /// [memory states · environment states, environment states]: p(e′ | m, e), rows likewise.
  public let environment: [Scalar]

  /// Joins the two halves of a loop.
  ///
  /// - Parameters:
  ///   - memoryStates: at least 1.
  ///   - environmentStates: at least 1.
  ///   - initial: [memory states · environment states], p(m, e) of the first step.
  ///   - memory: [memory states · environment states, memory states], p(m′ | m, e), row after row, the environment faster.
  ///   - environment: [memory states · environment states, environment states], p(e′ | m, e) likewise.
  ///   - timeSteps: how many slices, at least 2.
  /// - Throws: `EntityError.model` for a size that does not fit, a negative number or a row that does not sum to 1.
  public init(
    memoryStates: Int, environmentStates: Int, initial: [Scalar], memory: [Scalar], environment: [Scalar],
    timeSteps: Int
  ) throws(EntityError) {
    for (name, states) in [("memory", memoryStates), ("environment", environmentStates)] where states < 1 {
      throw .model(place: "the \(name)", expected: "at least one state", got: "\(states)")
    }
    let variables = [
      ModelNode("memory", states: memoryStates, place: 0),
      ModelNode("environment", states: environmentStates, place: 1),
    ]
    guard timeSteps >= 2 else {
      throw .model(place: "time steps", expected: "at least 2, a step to perceive and one to act", got: "\(timeSteps)")
    }
    chain = try MultivariateMarkovChain(
      variables: variables, timeSteps: timeSteps, initial: [ConditionalTable(nodes: [0, 1], values: initial)],
      transition: .factored([
        ConditionalTable(nodes: [0], parents: [0, 1], values: memory),
        ConditionalTable(nodes: [1], parents: [0, 1], values: environment),
      ]))
    self.memoryStates = memoryStates
    self.environmentStates = environmentStates
    let checked = chain.network.tables
    self.memory = checked.first { $0.nodes == [2] }?.values ?? memory
    self.environment = checked.first { $0.nodes == [3] }?.values ?? environment
  }

  /// The induced entity-set: every course m_0, m_1, … of the memory that has positive probability, from the first slice to the last.
  ///
  /// - Throws: `EntityError.tooLarge` when the loop has more than `limit` possible trajectories.
  public func entities(
    limit: Int = EntitySet<Scalar>.mostTrajectories
  ) throws(EntityError) -> EntitySet<Scalar> {
    let trajectories = try chain.trajectories(limit: limit)
    let nodes = stride(from: 0, to: chain.nodes.count, by: 2).map { $0 }
    let courses = Set(trajectories.map { trajectory in nodes.map { trajectory.values[$0] } })
    return try EntitySet(
      nodes: chain.nodes, trajectories: trajectories,
      patterns: courses.map { (SpatiotemporalPattern(nodes: nodes, values: $0), nil) })
  }
}
