// SPDX-License-Identifier: Apache-2.0
// Espalier: the parts of an agent's configuration.

internal import Espalier

/// Where an agent learns, how, and for how long.
struct AgentTaskSettings: Equatable, Sendable {
  var env = "cartpole"
  /// nil: what suits the actions.
  var algorithm: AgentAlgorithm?
  var steps: Int?
  var worlds: Int?
  var timeLimit: Int?
  var normalizeRewards = false
  var seed = 1
  var seeds = SeedList.count(1)
}

/// What the networks look like.
struct AgentNetworkSettings: Equatable, Sendable {
  enum Kind: String, CaseIterable, Sendable { case mlp, simba }
  enum Activation: String, CaseIterable, Sendable { case relu, tanh, gelu }
  enum Birth: String, CaseIterable, Sendable { case erk, uniform, er }

  var network = Kind.mlp
  var hidden: [Int]?
  var blocks = 2
  var activation: Activation?
  var layerNorm = false
  var sparsity: Double?
  var epsilon: Double?
  var actorSparsity: Double?
  var criticSparsity: Double?
  var birth: Birth?
  var sparsePart = NetworkRecipe.SparsePart.all
}

/// How connections move.
struct AgentEvolutionSettings: Equatable, Sendable {
  typealias Method = EvolutionSettings.Method

  var method = Method.set
  var actorMethod: Method?
  var criticMethod: Method?
  var updateEvery: Int?
  var dropFraction: Double?
  var updateEnd = 0.75
}

/// How the algorithm learns; nil is what is usual for the algorithm and the environment, and stays nil where the algorithm has no
/// such thing.
struct AgentLearningSettings: Equatable, Sendable {
  var learningRate: Double?
  var batchSize: Int?
  var discount: Double?
  var learningStart: Int?
  var trainInterval: Int?
  var gradientSteps: Int?
  var target: TargetTopology?
  var targetInterval: Int?
  var targetShare: Double?
  var double: Bool?
  var duelling: Bool?
  var explorationShare: Double?
  var finalExploration: Double?
  var explorationNoise: Double?
  var temperature: AgentTemperature?
  var rollout: Int?
  var epochs: Int?
  var lambda: Double?
  var clip: Double?
  var entropy: Double?
  var updateEpisodes: Int?
  var normalizeObservations: Bool?
}

/// SAC's temperature.
enum AgentTemperature: Equatable, Sendable {
  case learned
  case fixed(Double)
}

/// What is remembered.
struct AgentReplaySettings: Equatable, Sendable {
  var capacity: Int?
  var multiStep: Int?
  var multiStepDelay: Double?
  var prioritized: Bool?
  var dynamic: Bool?
}

/// How the policy is judged.
struct AgentEvaluationSettings: Equatable, Sendable {
  var every: Int?
  var episodes = 100
  var curveEpisodes = 10
  var seed = 10_000
}

/// What the run leaves behind and what it must reach.
struct AgentRunSettings: Equatable, Sendable {
  var runDir: String?
  var name: String?
  var threads: Int?
  var checkpointEvery: Int?
  var tensorboard = true
  var save = true
  /// The mean return that the final evaluation must reach.
  var require: Double?
}

/// All that a run of `espalier agent train` can be told: flag over file over default.
struct AgentConfiguration: Equatable, Sendable {
  var agent = AgentTaskSettings()
  var network = AgentNetworkSettings()
  var evolution = AgentEvolutionSettings()
  var learning = AgentLearningSettings()
  var replay = AgentReplaySettings()
  var evaluation = AgentEvaluationSettings()
  var run = AgentRunSettings()

  /// The seeds of the runs.
  var seeds: [Int] { agent.seeds.seeds(from: agent.seed) }
}
