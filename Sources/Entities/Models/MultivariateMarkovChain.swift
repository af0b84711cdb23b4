// SPDX-License-Identifier: Apache-2.0
// Espalier: several variables over time.

public import SparseCore

/// A multivariate Markov chain: *J* variables in each of *T* slices of time, each slice depending on the one before.
///
/// The transition is joint, one row of next slices for each slice, or factored, a table a variable. Joint says more: two variables of
/// a slice may then depend on each other given the past.
///
/// A slice's values are counted row-major, the last variable fastest; node = time · *J* + variable.
public struct MultivariateMarkovChain<Scalar: ProbabilityScalar>: Sendable {
  /// The chain unrolled over time.
  public let network: BayesianNetwork<Scalar>
  /// The variables of a slice.
  public let variables: [ModelNode]

  /// How one slice leads to the next.
  public enum Transition: Sendable {
    /// [slices · slices]: row after row, a row for each slice.
    case joint([Scalar])
    /// A table a variable, its parents being variables of the slice before.
    case factored([ConditionalTable<Scalar>])
  }

  /// Unrolls a chain.
  ///
  /// - Parameters:
  ///   - variables: those of a slice; their `time` does not count.
  ///   - timeSteps: how many slices, at least 1.
  ///   - initial: the first slice, as tables of the variables (one joint table, or one a variable).
  ///   - transition: how one slice leads to the next; not needed for one slice.
  /// - Throws: `EntityError.model` as `BayesianNetwork` does.
  public init(
    variables: [ModelNode], timeSteps: Int, initial: [ConditionalTable<Scalar>], transition: Transition?
  ) throws(EntityError) {
    guard !variables.isEmpty else { throw .model(place: "the chain", expected: "at least one variable", got: "none") }
    guard timeSteps >= 1, timeSteps <= 1_000_000 / variables.count else {
      throw .model(
        place: "time steps", expected: "1 to \(1_000_000 / variables.count) for \(variables.count) variables",
        got: "\(timeSteps)")
    }
    guard timeSteps == 1 || transition != nil else {
      throw .model(place: "the chain", expected: "a transition, since it has \(timeSteps) slices", got: "none")
    }
    let width = variables.count
    self.variables = variables
    var nodes: [ModelNode] = []
    for time in 0..<timeSteps {
      for (place, variable) in variables.enumerated() {
        nodes.append(
          ModelNode(
            timeSteps == 1 ? variable.name : "\(variable.name)@\(time)", states: variable.stateCount,
            stateNames: variable.stateNames, place: place, time: time))
      }
    }
    var tables = initial
    for time in 1..<max(timeSteps, 2) where time < timeSteps {
      let (now, before) = (time * width, (time - 1) * width)
      switch transition {
      case .joint(let values):
        tables.append(
          ConditionalTable(
            nodes: (0..<width).map { now + $0 }, parents: (0..<width).map { before + $0 }, values: values))
      case .factored(let parts):
        for part in parts {
          if let strange = (part.nodes + part.parents).first(where: { !variables.indices.contains($0) }) {
            throw .model(place: "the transition", expected: "variables 0 to \(width - 1)", got: "\(strange)")
          }
          tables.append(
            ConditionalTable(
              nodes: part.nodes.map { now + $0 }, parents: part.parents.map { before + $0 }, values: part.values))
        }
      case nil: break
      }
    }
    network = try BayesianNetwork(nodes: nodes, tables: tables)
  }
}

extension MultivariateMarkovChain: ProbabilityModel {
  /// The variables of all slices, slice after slice.
  public var nodes: [ModelNode] { network.nodes }

  /// p(x_A), by elimination over time.
  public func probability(of pattern: SpatiotemporalPattern) throws(EntityError) -> Scalar {
    try network.probability(of: pattern)
  }

  /// The agreement histogram, by elimination over time.
  public func agreement(with pattern: SpatiotemporalPattern) throws(EntityError) -> [Scalar] {
    try network.agreement(with: pattern)
  }

  /// A trajectory, drawn slice by slice.
  public func draw(_ random: inout Random) -> [Int] { network.draw(&random) }

  /// All trajectories of positive probability.
  public func trajectories(limit: Int) throws(EntityError) -> [Trajectory<Scalar>] {
    try network.trajectories(limit: limit)
  }
}
