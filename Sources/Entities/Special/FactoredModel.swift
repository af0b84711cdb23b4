// SPDX-License-Identifier: Apache-2.0
// Espalier: models whose law is a product of tables.

/// A model that can show its law as a Bayesian network.
///
/// What a question about a large pattern needs of a model's structure is read off its tables: which variables cannot depend on each
/// other, which form chains, which factors let two nodes only attract each other.
public protocol FactoredModel<Scalar>: ProbabilityModel {
  /// The same law over the same nodes, as a product of tables.
  var network: BayesianNetwork<Scalar> { get }
}

extension BayesianNetwork: FactoredModel {
  /// The network itself.
  public var network: BayesianNetwork<Scalar> { self }
}

extension MultivariateMarkovChain: FactoredModel {}
