// SPDX-License-Identifier: Apache-2.0
// Espalier: a joint law as a list.

public import SparseCore

/// A joint law given by its possible trajectories and their probabilities.
public struct JointTable<Scalar: ProbabilityScalar>: Sendable {
  /// The variables.
  public let nodes: [ModelNode]
  /// The trajectories of positive probability, in the order of their values.
  public let entries: [Trajectory<Scalar>]

  /// Checks the entries, drops those of probability 0 and puts the rest in order.
  ///
  /// - Throws: `EntityError.model` when an entry does not fit the nodes, stands twice, has no probability, or when their sum is not 1.
  public init(nodes: [ModelNode], entries: [Trajectory<Scalar>]) throws(EntityError) {
    self.nodes = nodes
    var sum = Scalar.zero
    var seen = Set<[Int]>()
    for (index, entry) in entries.enumerated() {
      let place = "entry \(index + 1) of the table"
      guard entry.values.count == nodes.count else {
        throw .model(place: place, expected: "\(nodes.count) values", got: "\(entry.values.count)")
      }
      for (node, value) in zip(nodes, entry.values) where !(0..<node.stateCount).contains(value) {
        throw .model(place: place, expected: "\(node.name) from 0 to \(node.stateCount - 1)", got: "\(value)")
      }
      guard entry.probability >= .zero, entry.probability.approximation.isFinite else {
        throw .model(place: place, expected: "a probability of at least 0", got: "\(entry.probability.approximation)")
      }
      guard seen.insert(entry.values).inserted else {
        throw .model(place: place, expected: "every trajectory once", got: "\(entry.values) again")
      }
      sum += entry.probability
    }
    guard sum > .zero, max(sum - .one, .one - sum) <= Scalar.rowTolerance else {
      throw .model(place: "the table", expected: "probabilities that sum to 1", got: sum.words)
    }
    let scale = max(sum - .one, .one - sum).approximation > 1e-13
    self.entries = entries.filter { $0.probability > .zero }
      .map { Trajectory(values: $0.values, probability: scale ? $0.probability / sum : $0.probability) }
      .sorted { $0.values.lexicographicallyPrecedes($1.values) }
  }
}

extension JointTable: ProbabilityModel {
  /// - Complexity: O(*entries* · *nodes of the pattern*).
  public func probability(of pattern: SpatiotemporalPattern) throws(EntityError) -> Scalar {
    try check(pattern)
    return entries.reduce(into: Scalar.zero) { sum, entry in
      if pattern.occurs(in: entry.values) { sum += entry.probability }
    }
  }

  /// - Complexity: O(2^*n* + *entries* · *n*).
  public func agreement(with pattern: SpatiotemporalPattern) throws(EntityError) -> [Scalar] {
    try checkTable(pattern)
    var histogram = [Scalar](repeating: .zero, count: 1 << pattern.count)
    for entry in entries {
      var mask = 0
      for (bit, node) in pattern.nodes.enumerated() where entry.values[node] == pattern.values[bit] { mask |= 1 << bit }
      histogram[mask] += entry.probability
    }
    return histogram
  }

  /// One of the entries.
  public func draw(_ random: inout Random) -> [Int] {
    entries[random.index(by: entries.map(\.probability)[...])].values
  }

  /// The entries.
  public func trajectories(limit: Int) throws(EntityError) -> [Trajectory<Scalar>] {
    guard entries.count <= limit else {
      throw .tooLarge(
        what: "possible trajectories", limit: "\(limit)", got: "\(entries.count)",
        advice: "choose one, or raise the limit")
    }
    return entries
  }
}
