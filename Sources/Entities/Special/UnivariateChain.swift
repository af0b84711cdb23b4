// SPDX-License-Identifier: Apache-2.0
// Espalier: one variable over time.

public import SparseCore

/// A Markov chain of one variable; its number of states and its transition may change from step to step.
///
///     let chain = try UnivariateChain(initial: [0.5, 0.5], transition: [0.9, 0.1, 0.2, 0.8], timeSteps: 1000)
///     let steps = [Int](repeating: 0, count: 1000)
///     try ChainIntegration(of: SpatiotemporalPattern(trajectory: steps), in: chain).complete
///
/// Node *t* of its patterns is the variable at time *t*. What a general model answers for 20 nodes, a chain answers for thousands:
/// see ``ChainIntegration``.
public struct UnivariateChain: Sendable {
  /// The same chain as a product of tables.
  public let network: BayesianNetwork<Double>
  /// p(x_0).
  public let initial: [Double]
  /// P(x_{t+1} | x_t) at index *t*, row after row, a row for each x_t.
  public let transitions: [[Double]]
  /// Whether all steps have the same transition, so that its powers say all about pairs of times.
  public let isStationary: Bool

  /// A chain with a transition for each step.
  ///
  /// - Parameters:
  ///   - initial: p(x_0); as many numbers as the variable has states at time 0.
  ///   - transitions: for each step a row for each state before it, of as many numbers as there are states after it.
  /// - Throws: `EntityError.model` when a row is no probability law or a matrix does not fit the states before it.
  public init(initial: [Double], transitions: [[Double]]) throws(EntityError) {
    var nodes = [ModelNode("x@0", states: max(1, initial.count), place: 0)]
    var tables = [ConditionalTable(nodes: [0], values: initial)]
    for (step, values) in transitions.enumerated() {
      let before = nodes[step].stateCount
      guard !values.isEmpty, values.count % before == 0 else {
        throw .model(
          place: "the transition to time \(step + 1)", expected: "\(before) rows of equal length",
          got: "\(values.count) numbers")
      }
      nodes.append(ModelNode("x@\(step + 1)", states: values.count / before, place: 0, time: step + 1))
      tables.append(ConditionalTable(nodes: [step + 1], parents: [step], values: values))
    }
    network = try BayesianNetwork(nodes: nodes, tables: tables)
    self.initial = network.tables[0].values
    let checked = network.tables.dropFirst().map(\.values)
    self.transitions = checked
    isStationary =
      zip(checked, checked.dropFirst()).allSatisfy(==) && nodes.allSatisfy { $0.stateCount == initial.count }
  }

  /// A chain whose steps all have the same transition.
  ///
  /// - Parameters:
  ///   - initial: p(x_0), *S* numbers.
  ///   - transition: P(x_{t+1} | x_t), *S* rows of *S* numbers.
  ///   - timeSteps: how many times there are, at least 1.
  /// - Throws: `EntityError.model` as the other initialiser does.
  public init(initial: [Double], transition: [Double], timeSteps: Int) throws(EntityError) {
    guard timeSteps >= 1, timeSteps <= 1_000_000 else {
      throw .model(place: "time steps", expected: "1 to 1000000", got: "\(timeSteps)")
    }
    guard transition.count == initial.count * initial.count else {
      throw .model(
        place: "the transition", expected: "\(initial.count) rows of \(initial.count) probabilities",
        got: "\(transition.count) numbers in all")
    }
    try self.init(initial: initial, transitions: [[Double]](repeating: transition, count: timeSteps - 1))
  }

  /// How many times there are.
  public var timeSteps: Int { transitions.count + 1 }

  /// The law of the next state from that of the state at a time: `law` times the transition.
  func next(_ law: [Double], after time: Int) -> [Double] {
    let matrix = transitions[time]
    let columns = network.nodes[time + 1].stateCount
    var result = [Double](repeating: 0, count: columns)
    for (state, weight) in law.enumerated() where weight != 0 {
      for column in 0..<columns { result[column] += weight * matrix[state * columns + column] }
    }
    return result
  }
}

extension UnivariateChain: FactoredModel {
  /// The variable at each time.
  public var nodes: [ModelNode] { network.nodes }

  /// p(x_A), by carrying the law of the state forward.
  ///
  /// - Complexity: O(*T* *S*²) up to the pattern's last time.
  public func probability(of pattern: SpatiotemporalPattern) throws(EntityError) -> Double {
    try check(pattern)
    var law = initial
    var time = 0
    for (node, value) in zip(pattern.nodes, pattern.values) {
      while time < node {
        law = next(law, after: time)
        time += 1
      }
      for state in law.indices where state != value { law[state] = 0 }
    }
    return pattern.count == 0 ? 1 : law.reduce(0, +)
  }

  /// The agreement histogram, as `BayesianNetwork` finds it.
  public func agreement(with pattern: SpatiotemporalPattern) throws(EntityError) -> [Double] {
    try network.agreement(with: pattern)
  }

  /// A trajectory, drawn step by step.
  public func draw(_ random: inout Random) -> [Int] { network.draw(&random) }

  /// All possible trajectories, as `BayesianNetwork` finds them.
  public func trajectories(limit: Int) throws(EntityError) -> [Trajectory<Double>] {
    try network.trajectories(limit: limit)
  }
}
