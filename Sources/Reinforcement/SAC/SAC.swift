// SPDX-License-Identifier: Apache-2.0
// Espalier: soft actor-critic, the choices.

internal import NeuralNetworks
public import SparseTopology

/// Soft actor-critic: a random policy that earns much and stays as random as it can afford.
///
///     let recipe = SAC(
///       actor: .mlp([256, 256], topology: .erk(density: 0.1)), critic: .mlp([256, 256], topology: .erk(density: 0.2)),
///       evolution: .set(every: .steps(1000), dropFraction: 0.05))
///
/// For continuous actions with bounds on all sides.
///
/// Source: T. Haarnoja et al., *Soft Actor-Critic Algorithms and Applications*, 2018, algorithm 1, with the learned temperature of
/// section 5, arXiv 1812.05905.
/// - Note: the temperature's gradient is taken by its logarithm with a factor of 1 instead of the temperature, as most code does.
public struct SAC: AgentRecipe, Equatable {
  /// From observations to means and logarithms of deviations.
  public var actor: ModuleRecipe
  /// From observations and actions to values; there are two of them.
  public var critic: ModuleRecipe
  /// Worlds that are stepped together.
  public var worlds = 1
  /// What is remembered.
  public var replay = ReplaySettings(capacity: 1_000_000)
  /// Samples of a gradient step.
  public var batchSize = 256
  /// γ, the discount of a step.
  public var discount = 0.99
  /// Steps of random actions before learning begins.
  public var learningStart = 1_000
  /// Steps between two rounds of learning.
  public var trainInterval = 1
  /// Gradient steps of a round.
  public var gradientSteps = 1
  /// How the target networks' connections follow.
  public var targetTopology = TargetTopology.online
  /// The share of the critics in each update of their targets.
  public var targetShare = 0.005
  /// The entropy that the temperature aims at; nil: -1 for each number of an action.
  public var targetEntropy: Double?
  /// The temperature: the learned one begins with 1; a number keeps it there.
  public var temperature: Double?
  /// The learning rate of the temperature.
  public var temperatureRate = 3e-4
  /// Whether observations are shifted and scaled by their running moments.
  public var normalizesObservations = false

  /// Joins two modules.
  public init(actor: ModuleRecipe, critic: ModuleRecipe) {
    self.actor = actor
    self.critic = critic
  }

  /// Networks, the evolution of both, and Adam.
  public init(
    actor: NetworkRecipe = .mlp([256, 256]), critic: NetworkRecipe = .mlp([256, 256]), evolution: Evolution = .static,
    learningRate: Float = 3e-4
  ) {
    let optimizer = Optimizer.adam(learningRate: learningRate)
    self.actor = ModuleRecipe(actor, optimizer: optimizer, evolution: evolution)
    self.critic = ModuleRecipe(critic, optimizer: optimizer, evolution: evolution)
    temperatureRate = Double(learningRate)
  }

  /// "sac".
  public var algorithm: String { "sac" }

  /// Makes an agent; throws ``AgentError`` for settings or spaces that do not go.
  public func makeAgent(at site: AgentSite) throws(AgentError) -> any Agent { try SACAgent(self, at: site) }

  func validate() throws(AgentError) {
    try AgentError.expect("batch size", batchSize, 1...(1 << 24))
    try AgentError.expect("discount", discount, 0...1)
    try AgentError.expect("learning start", learningStart, 0...(1 << 40))
    try AgentError.expect("training interval", trainInterval, 1...(1 << 40))
    try AgentError.expect("gradient steps of a round", gradientSteps, 1...(1 << 30))
    try AgentError.expect("target share", targetShare, 0...1)
    try AgentError.expect("temperature rate", temperatureRate, 0...1e6)
    if let temperature { try AgentError.expect("temperature", temperature, 0...1e6) }
    if let targetEntropy { try AgentError.expect("target entropy", targetEntropy, -1e6...1e6) }
  }
}
