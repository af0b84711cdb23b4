// SPDX-License-Identifier: Apache-2.0
// Espalier: twin delayed deep deterministic policy gradient, the choices.

internal import NeuralNetworks
public import SparseTopology

/// Twin delayed deep deterministic policy gradient: a policy without chance that climbs the smaller of two critics.
///
///     var recipe = TD3(
///       actor: .mlp([256, 256], topology: .erk(density: 0.1)), critic: .mlp([256, 256], topology: .erk(density: 0.1)),
///       evolution: .set(every: .steps(1000), dropFraction: 0.05))
///     recipe.targetTopology = .own        // DS-TD3's way
///
/// For continuous actions with bounds on all sides.
///
/// Source: S. Fujimoto, H. van Hoof, D. Meger, *Addressing Function Approximation Error in Actor-Critic Methods*, ICML 2018,
/// algorithm 1, arXiv 1802.09477; its sparse form: G. Sokar et al., *Dynamic Sparse Training for Deep Reinforcement Learning*,
/// IJCAI 2022, arXiv 2106.04217.
public struct TD3: AgentRecipe, Equatable {
  /// From observations to actions before the hyperbolic tangent.
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
  /// The share of the online networks in each update of their targets.
  public var targetShare = 0.005
  /// Gradient steps of the critics between two of the actor and the targets.
  public var policyInterval = 2
  /// The deviation of the noise on actions while learning; they count from -1 to 1.
  public var explorationNoise = 0.1
  /// The deviation of the noise on the targets' actions.
  public var targetNoise = 0.2
  /// The greatest such noise.
  public var targetNoiseBound = 0.5
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
    learningRate: Float = 1e-3
  ) {
    let optimizer = Optimizer.adam(learningRate: learningRate)
    self.actor = ModuleRecipe(actor, optimizer: optimizer, evolution: evolution)
    self.critic = ModuleRecipe(critic, optimizer: optimizer, evolution: evolution)
  }

  /// "td3".
  public var algorithm: String { "td3" }

  /// Makes an agent; throws ``AgentError`` for settings or spaces that do not go.
  public func makeAgent(at site: AgentSite) throws(AgentError) -> any Agent { try TD3Agent(self, at: site) }

  func validate() throws(AgentError) {
    try AgentError.expect("batch size", batchSize, 1...(1 << 24))
    try AgentError.expect("discount", discount, 0...1)
    try AgentError.expect("learning start", learningStart, 0...(1 << 40))
    try AgentError.expect("training interval", trainInterval, 1...(1 << 40))
    try AgentError.expect("gradient steps of a round", gradientSteps, 1...(1 << 30))
    try AgentError.expect("target share", targetShare, 0...1)
    try AgentError.expect("policy interval", policyInterval, 1...(1 << 30))
    try AgentError.expect("exploration noise", explorationNoise, 0...1e3)
    try AgentError.expect("target noise", targetNoise, 0...1e3)
    try AgentError.expect("bound of the target noise", targetNoiseBound, 0...1e3)
  }
}
