// SPDX-License-Identifier: Apache-2.0
// Espalier: what a model file says.

/// A model as it stands in a file: which kind it is, and its numbers as they were written.
///
/// The numbers become `Double`s or exact `Rational`s only when a model is made of them:
///
///     switch try ModelFile.read("chain.json") {
///     case .markovChain(let description):
///       let fast = try description.model(as: Double.self)
///       let exact = try description.model(as: Rational.self)
///     ...
///     }
public enum ModelDescription: Sendable, Hashable {
  /// Several variables over time, each slice depending on the one before.
  case markovChain(MarkovChainDescription)
  /// Variables with a table each, given their parents.
  case bayesianNetwork(BayesianNetworkDescription)
  /// Trajectories and their probabilities.
  case jointTable(JointTableDescription)
  /// A ring of binary cells under one of Wolfram's rules.
  case elementaryAutomaton(ElementaryAutomatonDescription)
  /// A region of Conway's Game of Life.
  case lifeRegion(LifeRegionDescription)

  /// What the file calls this kind of model.
  public var kind: String {
    switch self {
    case .markovChain: "multivariate_markov_chain"
    case .bayesianNetwork: "bif"
    case .jointTable: "joint_table"
    case .elementaryAutomaton: "elementary_ca"
    case .lifeRegion: "life_region"
    }
  }

  /// What a user should know about the file, such as rows that were rounded and are rescaled.
  public var notes: [String] {
    if case .bayesianNetwork(let description) = self { description.notes } else { [] }
  }
}
