// SPDX-License-Identifier: Apache-2.0
// Espalier: what all models of random variables can answer.

public import SparseCore

/// A joint law p(x_V) of finitely many random variables, each with finitely many states.
///
/// Conformers differ in how they hold the law: factors (`BayesianNetwork`, `MultivariateMarkovChain`), a list (`JointTable`), a rule
/// (`ElementaryAutomaton`, `LifeRegion`).
public protocol ProbabilityModel<Scalar>: Sendable {
  /// What probabilities are computed with.
  associatedtype Scalar: ProbabilityScalar

  /// The variables; nodes of patterns are indices into them.
  var nodes: [ModelNode] { get }

  /// p(x_A), 0 when the pattern cannot occur; 1 for the empty pattern.
  ///
  /// - Throws: `EntityError.tooLarge` beyond the model's budget.
  func probability(of pattern: SpatiotemporalPattern) throws(EntityError) -> Scalar

  /// The agreement histogram of a pattern x_O: for every set D of its nodes the probability that the model agrees with the
  /// pattern on exactly D, at index D, bit *k* being `pattern.nodes[k]`.
  ///
  /// All p(x_A), A ⊆ O, follow from it at once: p(x_A) is its sum over D ⊇ A.
  ///
  /// - Throws: `EntityError.tooLarge` for more than `mostNodes` nodes, or beyond the model's budget.
  func agreement(with pattern: SpatiotemporalPattern) throws(EntityError) -> [Scalar]

  /// All trajectories of positive probability, in the order of their values, the first node slowest.
  ///
  /// - Throws: `EntityError.tooLarge` when there are more than `limit`.
  func trajectories(limit: Int) throws(EntityError) -> [Trajectory<Scalar>]

  /// A trajectory drawn by its probability, however many there are.
  func draw(_ random: inout Random) -> [Int]
}

extension Random {
  /// An index drawn by weights that sum to 1; the last one of positive weight makes up for rounding.
  mutating func index<Scalar: ProbabilityScalar>(by weights: ArraySlice<Scalar>) -> Int {
    var left = uniformDouble()
    var last = weights.startIndex
    for (index, weight) in zip(weights.indices, weights) where weight > .zero {
      last = index
      left -= weight.approximation
      if left < 0 { break }
    }
    return last - weights.startIndex
  }
}

/// A value for every node of a model, and how probable that is.
public struct Trajectory<Scalar: ProbabilityScalar>: Sendable, Hashable {
  /// The value of each node.
  public let values: [Int]
  /// p(x_V).
  public let probability: Scalar

  /// Joins values and their probability.
  public init(values: [Int], probability: Scalar) {
    self.values = values
    self.probability = probability
  }
}

extension ProbabilityModel {
  /// The most nodes of a pattern whose sub-patterns are all computed at once.
  public static var mostNodes: Int { 26 }

  /// The most values that a list of trajectories may hold: trajectories times nodes.
  static var mostListedValues: Int { 1 << 26 }

  /// The most trajectories that a caller and the memory for a list allow.
  func mostListed(_ limit: Int) -> Int { min(limit, max(1, Self.mostListedValues / max(nodes.count, 1))) }

  /// The slices of time: the latest time of a node and one.
  public var timeSteps: Int { (nodes.map(\.time).max() ?? -1) + 1 }

  /// Refuses a pattern that is not one of this model.
  public func check(_ pattern: SpatiotemporalPattern) throws(EntityError) {
    for (node, value) in zip(pattern.nodes, pattern.values) {
      guard nodes.indices.contains(node) else {
        throw .pattern(expected: "nodes 0 to \(nodes.count - 1)", got: "node \(node)")
      }
      guard (0..<nodes[node].stateCount).contains(value) else {
        throw .pattern(
          expected: "a value of 0 to \(nodes[node].stateCount - 1) at node \(node) (\(nodes[node].name))",
          got: "\(value)")
      }
    }
  }

  /// Refuses a trajectory that does not give every node one of its values.
  public func check(trajectory: [Int]) throws(EntityError) {
    guard trajectory.count == nodes.count else {
      throw .pattern(
        expected: "\(nodes.count) values, one a node" + (timeSteps > 1 ? ", slice after slice" : ""),
        got: "\(trajectory.count)")
    }
    try check(SpatiotemporalPattern(trajectory: trajectory))
  }

  /// Refuses a pattern with too many nodes for a table of all its sub-patterns.
  func checkTable(_ pattern: SpatiotemporalPattern) throws(EntityError) {
    try check(pattern)
    guard pattern.count <= Self.mostNodes else {
      throw .tooLarge(
        what: "all sub-patterns at once", limit: "\(Self.mostNodes) nodes", got: "\(pattern.count)",
        advice: "choose a smaller window of nodes, or ask for a verdict on the one pattern")
    }
  }
}
