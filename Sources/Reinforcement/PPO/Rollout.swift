// SPDX-License-Identifier: Apache-2.0
// Espalier: what a policy has just done, and what it was worth.

internal import SparseCore

/// The steps of a policy since its last update, with advantages by generalised advantage estimation.
///
/// Row *t* x *worlds* + *e* is step *t* of world *e*.
struct Rollout: Sendable {
  /// Steps of each world.
  let length: Int
  let worlds: Int
  private(set) var observations: Matrix
  private(set) var actions: [Float]
  var logProbabilities: [Float]
  /// The critic's values, and one more step of them at the end.
  var values: [Float]
  var rewards: [Float]
  /// Whether an episode ended with the step.
  var ends: [Bool]
  private(set) var advantages: [Float]
  /// What the critic is to learn: advantage + value.
  private(set) var returns: [Float]
  /// Steps taken of each world.
  var filled = 0

  init(length: Int, worlds: Int, observed: Int, acted: Int) {
    self.length = length
    self.worlds = worlds
    let rows = length * worlds
    observations = Matrix(rows: rows, columns: observed)
    actions = [Float](repeating: 0, count: rows * acted)
    logProbabilities = [Float](repeating: 0, count: rows)
    values = [Float](repeating: 0, count: rows + worlds)
    rewards = logProbabilities
    ends = [Bool](repeating: false, count: rows)
    advantages = logProbabilities
    returns = logProbabilities
  }

  /// Bytes of all rows.
  var bytes: Int {
    let rows = rewards.count
    return 4 * (observations.values.count + actions.count + values.count + 4 * rows) + rows
  }

  /// Writes what all worlds showed and what was done in them at the current step.
  mutating func write(observations seen: Span<Float>, actions done: Span<Float>) {
    let (observed, acted) = (observations.columns, actions.count / (length * worlds))
    let row = filled * worlds
    observations.values.withMutableSpan { values in
      for index in 0..<worlds * observed { values[row * observed + index] = seen[index] }
    }
    for index in 0..<worlds * acted { actions[row * acted + index] = done[index] }
  }

  /// Sets advantages and returns from rewards and values.
  ///
  /// A = Σₖ (γλ)ᵏ δ(t+k), δ = r + γ V(next) − V, each sum within its episode.
  ///
  /// Source: J. Schulman, P. Moritz, S. Levine, M. Jordan, P. Abbeel, *High-Dimensional Continuous Control Using Generalized
  /// Advantage Estimation*, ICLR 2016, equation 16, arXiv 1506.02438.
  mutating func estimate(discount: Float, lambda: Float) {
    for world in 0..<worlds {
      var advantage: Float = 0
      for step in stride(from: length - 1, through: 0, by: -1) {
        let row = step * worlds + world
        let goesOn: Float = ends[row] ? 0 : 1
        let delta = rewards[row] + discount * goesOn * values[row + worlds] - values[row]
        advantage = delta + discount * lambda * goesOn * advantage
        advantages[row] = advantage
        returns[row] = advantage + values[row]
      }
    }
  }

  mutating func write(to state: inout AgentState) {
    state.add("rollout.filled", [filled])
    state.add("rollout.observations", observations.values.elements.map { Double($0) })
    for (name, values) in [
      ("actions", actions), ("log_probabilities", logProbabilities), ("values", values), ("rewards", rewards),
      ("ends", ends.map { $0 ? 1 : 0 }),
    ] { state.add("rollout.\(name)", values.map { Double($0) }) }
  }

  /// Takes up a saved rollout.
  ///
  /// - Throws: ``AgentError/state(expected:got:)`` when a step of it is not one that this agent can have taken.
  mutating func restore(from state: AgentState, _ check: WorldCheck, _ form: ActionForm) throws(AgentError) {
    func floats(_ name: String, _ count: Int) throws(AgentError) -> [Float] {
      try state.numbers("rollout.\(name)", count: count).map { Float($0) }
    }
    let filled = try state.integers("rollout.filled", count: 1)[0]
    guard (0..<length).contains(filled) else {
      throw .state(expected: "a rollout of \(length) steps", got: "\(filled)")
    }
    let observed = try floats("observations", observations.values.count)
    actions = try floats("actions", actions.count)
    logProbabilities = try floats("log_probabilities", logProbabilities.count)
    values = try floats("values", values.count)
    rewards = try floats("rewards", rewards.count)
    ends = try floats("ends", ends.count).map { $0 != 0 }
    observations.values = Vector(observed)
    self.filled = filled
    let rows = filled * worlds
    guard check.accepts(observed, rows: rows), form.accepts(actions, rows: rows),
      (rewards + values + logProbabilities).allSatisfy(\.isFinite)
    else { throw .state(expected: "steps that can be", got: "others") }
  }
}
