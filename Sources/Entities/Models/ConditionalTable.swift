// SPDX-License-Identifier: Apache-2.0
// Espalier: one factor of a Bayesian network.

/// p(nodes | parents): the joint law of one or more nodes given their parents.
///
/// A row stands for one choice of the parents' values, row-major in the order of `parents`, the last one fastest; inside a row stand
/// the probabilities of the nodes' values in the same order.
public struct ConditionalTable<Scalar: ProbabilityScalar>: Sendable, Hashable {
  /// The nodes that the table is about; more than one when they depend on each other given the parents.
  public let nodes: [Int]
  /// The nodes that it is conditioned on.
  public let parents: [Int]
  /// [rows · columns], row after row.
  public let values: [Scalar]

  /// Joins nodes, parents and probabilities; `BayesianNetwork` checks them.
  public init(nodes: [Int], parents: [Int] = [], values: [Scalar]) {
    self.nodes = nodes
    self.parents = parents
    self.values = values
  }
}
