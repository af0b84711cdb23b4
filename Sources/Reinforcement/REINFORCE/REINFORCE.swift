// SPDX-License-Identifier: Apache-2.0
// Espalier: REINFORCE, the choices.

internal import NeuralNetworks
public import SparseTopology

/// REINFORCE, the simplest policy gradient: what earned more than usual becomes likelier.
///
/// After some whole episodes, each action's log-probability climbs by its return-to-go, shifted and scaled to mean 0 and deviation 1 over
/// the batch. One network, no critic, no replay: the place to begin reading how an agent works here.
///
/// - Note: the end of an episode that was cut by a time limit counts as an end, since there is no critic to tell what would have come.
///   The deviations of continuous actions take their own steps of Adam, also when an update of the topology stands in the place of the
///   network's.
///
/// Source: R. Williams, *Simple statistical gradient-following algorithms for connectionist reinforcement learning*, Machine Learning 8,
/// 1992, section 4.
public struct REINFORCE: AgentRecipe, Equatable {
  /// From observations to logits, or means.
  public var actor: ModuleRecipe
  /// Worlds that are stepped together.
  public var worlds = 1
  /// Episodes of an update.
  public var episodes = 8
  /// The most steps of an update: longer episodes count up to there.
  public var mostSteps = 4096
  /// γ, the discount of a step.
  public var discount = 0.99
  /// The worth of entropy.
  public var entropyCoefficient = 0.0
  /// The first deviation of continuous actions, which count from -1 to 1.
  public var firstDeviation = 1.0

  /// Takes a module.
  public init(actor: ModuleRecipe) {
    self.actor = actor
  }

  /// A network, its evolution, and Adam.
  public init(
    network: NetworkRecipe = .mlp([64, 64]), evolution: Evolution = .static, learningRate: Float = 1e-2
  ) {
    actor = ModuleRecipe(network, optimizer: .adam(learningRate: learningRate), evolution: evolution)
  }

  /// "reinforce".
  public var algorithm: String { "reinforce" }

  /// Makes an agent; throws ``AgentError`` for settings or spaces that do not go.
  public func makeAgent(at site: AgentSite) throws(AgentError) -> any Agent { try REINFORCEAgent(self, at: site) }

  func validate() throws(AgentError) {
    try AgentError.expect("episodes of an update", episodes, 1...(1 << 24))
    try AgentError.expect("most steps of an update", mostSteps, 2...(1 << 24))
    try AgentError.expect("discount", discount, 0...1)
    try AgentError.expect("entropy coefficient", entropyCoefficient, 0...1e6)
    try AgentError.expect("first deviation", firstDeviation, 1e-6...1e6)
  }
}
