// SPDX-License-Identifier: Apache-2.0
// Espalier: deep Q-networks, the choices.

internal import NeuralNetworks
public import SparseTopology

/// Deep Q-learning: a network learns the values of choices from what is remembered.
///
///     let recipe = DQN(network: .mlp([256, 256], topology: .erk(density: 0.1)), evolution: .set(every: .steps(1000)))
///
/// For one discrete choice. Double, duelling, prioritised and multi-step forms are settings.
///
/// Source: V. Mnih et al., *Human-level control through deep reinforcement learning*, Nature 518, 2015, algorithm 1; H. van Hasselt,
/// A. Guez, D. Silver, *Deep Reinforcement Learning with Double Q-learning*, AAAI 2016, equation 4, arXiv 1509.06461; Z. Wang et
/// al., *Dueling Network Architectures*, ICML 2016, equation 9, arXiv 1511.06581.
/// - Note: a duelling network shares all hidden layers and has one more output for the state's value, where the authors split off two
///   streams. Choices that an environment forbids are left out when acting, not in targets.
public struct DQN: AgentRecipe, Equatable {
  /// From observations to values of choices.
  public var critic: ModuleRecipe
  /// Worlds that are stepped together.
  public var worlds = 1
  /// What is remembered.
  public var replay = ReplaySettings(capacity: 100_000)
  /// Samples of a gradient step.
  public var batchSize = 64
  /// γ, the discount of a step.
  public var discount = 0.99
  /// Steps before learning begins.
  public var learningStart = 1_000
  /// Steps between two rounds of learning.
  public var trainInterval = 256
  /// Gradient steps of a round.
  public var gradientSteps = 128
  /// How the target network's connections follow.
  public var targetTopology = TargetTopology.online
  /// Steps between two updates of the target network.
  public var targetInterval = 10
  /// The share of the online network in an update of the target, 1: a copy.
  public var targetShare = 1.0
  /// Whether the online network chooses the action whose target value counts.
  public var isDouble = true
  /// Whether outputs are advantages and the state's value.
  public var isDuelling = false
  /// The share of the run over which random actions become rarer.
  public var explorationShare = 0.16
  /// The share of random actions at the end of that.
  public var finalExploration = 0.04

  /// Takes a module.
  public init(critic: ModuleRecipe) {
    self.critic = critic
  }

  /// A network, its evolution, and Adam.
  public init(
    network: NetworkRecipe = .mlp([256, 256]), evolution: Evolution = .static, learningRate: Float = 2.3e-3
  ) {
    critic = ModuleRecipe(
      network, optimizer: .adam(learningRate: learningRate, clipping: .norm(10)), evolution: evolution)
  }

  /// "dqn".
  public var algorithm: String { "dqn" }

  /// Makes an agent; throws ``AgentError`` for settings or spaces that do not go.
  public func makeAgent(at site: AgentSite) throws(AgentError) -> any Agent { try DQNAgent(self, at: site) }

  func validate() throws(AgentError) {
    try AgentError.expect("batch size", batchSize, 1...(1 << 24))
    try AgentError.expect("discount", discount, 0...1)
    try AgentError.expect("learning start", learningStart, 0...(1 << 40))
    try AgentError.expect("training interval", trainInterval, 1...(1 << 40))
    try AgentError.expect("gradient steps of a round", gradientSteps, 1...(1 << 30))
    try AgentError.expect("target interval", targetInterval, 1...(1 << 40))
    try AgentError.expect("target share", targetShare, 0...1)
    try AgentError.expect("exploration share", explorationShare, 0...1)
    try AgentError.expect("final exploration", finalExploration, 0...1)
  }
}
