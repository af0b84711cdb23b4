// SPDX-License-Identifier: Apache-2.0
// Espalier: proximal policy optimisation, the choices.

internal import NeuralNetworks
public import SparseTopology

/// Proximal policy optimisation: several passes over what the policy has just done, with a bound on how far it moves.
///
///     let recipe = PPO(network: .mlp([64, 64], topology: .erk(density: 0.1)), evolution: .set(every: .steps(250)))
///
/// For choices (one or several at a time) and for continuous actions. Actor and critic are networks of their own.
///
/// Source: J. Schulman, F. Wolski, P. Dhariwal, A. Radford, O. Klimov, *Proximal Policy Optimization Algorithms*, 2017,
/// equations 7 and 9, arXiv 1707.06347.
/// - Note: the deviations of continuous actions take their own steps of Adam, unclipped, also when an update of the topology stands in
///   the place of the network's. Each network's gradient is clipped by itself, and the critic has an optimizer of its own, so that there is no factor on its
///   loss. The value loss is not clipped.
public struct PPO: AgentRecipe, Equatable {
  /// From observations to logits, or means.
  public var actor: ModuleRecipe
  /// From observations to values.
  public var critic: ModuleRecipe
  /// Worlds that are stepped together.
  public var worlds = 8
  /// Steps of each world between two updates.
  public var rolloutLength = 32
  /// Samples of a gradient step.
  public var batchSize = 256
  /// Passes over a rollout.
  public var epochs = 20
  /// γ, the discount of a step.
  public var discount = 0.98
  /// λ of the advantage's estimate.
  public var lambda = 0.8
  /// How far the ratio of probabilities may go from 1 before its gradient ends; it falls to 0 on a line when ``clipFalls``.
  public var clipRange = 0.2
  /// Whether the clip range falls to 0 over the run.
  public var clipFalls = true
  /// The worth of entropy.
  public var entropyCoefficient = 0.0
  /// Whether the advantages of a batch are shifted and scaled to mean 0 and deviation 1.
  public var normalizesAdvantages = true
  /// Passes end when the policy has moved so far (an estimate of the Kullback-Leibler divergence); nil: never.
  public var targetDivergence: Double?
  /// The first deviation of continuous actions, which count from -1 to 1.
  public var firstDeviation = 1.0
  /// Whether observations are shifted and scaled by their running moments.
  public var normalizesObservations = false

  /// Joins two modules.
  public init(actor: ModuleRecipe, critic: ModuleRecipe) {
    self.actor = actor
    self.critic = critic
  }

  /// The same network and evolution for actor and critic, with Adam whose rate falls to 0 on a line.
  public init(
    network: NetworkRecipe = .mlp([64, 64]), evolution: Evolution = .static, learningRate: Float = 1e-3
  ) {
    let optimizer = Optimizer.adam(
      learningRate: learningRate, epsilon: 1e-5, clipping: .norm(0.5),
      schedule: LearningRateSchedule(decay: .linear(floor: 0)))
    actor = ModuleRecipe(network, optimizer: optimizer, evolution: evolution)
    critic = ModuleRecipe(network, optimizer: optimizer, evolution: evolution)
  }

  /// "ppo".
  public var algorithm: String { "ppo" }

  /// Makes an agent; throws ``AgentError`` for settings or spaces that do not go.
  public func makeAgent(at site: AgentSite) throws(AgentError) -> any Agent { try PPOAgent(self, at: site) }

  func validate() throws(AgentError) {
    try AgentError.expect("rollout length", rolloutLength, 1...(1 << 30))
    try AgentError.expect("batch size", batchSize, 1...(1 << 24))
    try AgentError.expect("epochs of a rollout", epochs, 1...100_000)
    try AgentError.expect("discount", discount, 0...1)
    try AgentError.expect("lambda", lambda, 0...1)
    try AgentError.expect("clip range", clipRange, 0...1000)
    try AgentError.expect("entropy coefficient", entropyCoefficient, 0...1e6)
    try AgentError.expect("first deviation", firstDeviation, 1e-6...1e6)
    if let targetDivergence { try AgentError.expect("target divergence", targetDivergence, 1e-12...1e12) }
  }
}
