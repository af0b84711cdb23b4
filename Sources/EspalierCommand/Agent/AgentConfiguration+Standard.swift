// SPDX-License-Identifier: Apache-2.0
// Espalier: what is usual for an algorithm in an environment.

internal import Espalier

extension AgentConfiguration {
  /// What is usual for an algorithm in an environment: every number that the algorithm has, and nil for those it has not.
  ///
  /// For the classic tasks the numbers are those that RL-Baselines3-Zoo found (A. Raffin, 2020), where they go.
  static func standard(_ algorithm: AgentAlgorithm, in environment: String) -> AgentConfiguration {
    var result: AgentConfiguration =
      switch algorithm {
      case .ppo: ppo
      case .dqn: dqn
      case .sac: sac
      case .td3: td3
      case .reinforce: reinforce
      }
    switch algorithm {
    case .ppo: result.tunePPO(environment)
    case .dqn: result.tuneDQN(environment)
    case .sac: result.tuneSAC(environment)
    case .td3: result.tuneTD3(environment)
    case .reinforce: break
    }
    return result
  }

  private static var ppo: AgentConfiguration {
    var result = AgentConfiguration()
    let recipe = PPO()
    result.agent.steps = 100_000
    result.agent.worlds = recipe.worlds
    result.network.hidden = [64, 64]
    result.network.activation = .tanh
    result.evolution.updateEvery = 250
    result.evolution.dropFraction = 0.3
    result.learning.learningRate = 1e-3
    result.learning.batchSize = recipe.batchSize
    result.learning.discount = recipe.discount
    result.learning.rollout = recipe.rolloutLength
    result.learning.epochs = recipe.epochs
    result.learning.lambda = recipe.lambda
    result.learning.clip = recipe.clipRange
    result.learning.entropy = recipe.entropyCoefficient
    result.learning.normalizeObservations = recipe.normalizesObservations
    return result
  }

  private static var dqn: AgentConfiguration {
    let recipe = DQN()
    var result = remembering(recipe.replay, batch: recipe.batchSize)
    result.agent.steps = 50_000
    result.agent.worlds = recipe.worlds
    result.learning.learningRate = 2.3e-3
    result.learning.learningStart = recipe.learningStart
    result.learning.trainInterval = recipe.trainInterval
    result.learning.gradientSteps = recipe.gradientSteps
    result.learning.targetInterval = recipe.targetInterval
    result.learning.targetShare = recipe.targetShare
    result.learning.double = recipe.isDouble
    result.learning.duelling = recipe.isDuelling
    result.learning.explorationShare = recipe.explorationShare
    result.learning.finalExploration = recipe.finalExploration
    return result
  }

  private static var sac: AgentConfiguration {
    let recipe = SAC()
    var result = remembering(recipe.replay, batch: recipe.batchSize)
    result.agent.steps = 200_000
    result.agent.worlds = recipe.worlds
    result.learning.learningRate = 3e-4
    result.learning.learningStart = 10_000
    result.learning.trainInterval = recipe.trainInterval
    result.learning.gradientSteps = recipe.gradientSteps
    result.learning.targetShare = recipe.targetShare
    result.learning.temperature = .learned
    result.learning.normalizeObservations = recipe.normalizesObservations
    return result
  }

  private static var td3: AgentConfiguration {
    let recipe = TD3()
    var result = remembering(recipe.replay, batch: recipe.batchSize)
    result.agent.steps = 200_000
    result.agent.worlds = recipe.worlds
    result.learning.learningRate = 1e-3
    result.learning.learningStart = 10_000
    result.learning.trainInterval = recipe.trainInterval
    result.learning.gradientSteps = recipe.gradientSteps
    result.learning.targetShare = recipe.targetShare
    result.learning.explorationNoise = recipe.explorationNoise
    result.learning.normalizeObservations = recipe.normalizesObservations
    return result
  }

  private static var reinforce: AgentConfiguration {
    var result = AgentConfiguration()
    let recipe = REINFORCE()
    result.agent.steps = 100_000
    result.agent.worlds = recipe.worlds
    result.network.hidden = [64, 64]
    result.network.activation = .tanh
    result.evolution.updateEvery = 10
    result.evolution.dropFraction = 0.3
    result.learning.learningRate = 1e-2
    result.learning.discount = recipe.discount
    result.learning.entropy = recipe.entropyCoefficient
    result.learning.updateEpisodes = recipe.episodes
    return result
  }

  /// What DQN, SAC and TD3 share.
  private static func remembering(_ replay: ReplaySettings, batch: Int) -> AgentConfiguration {
    var result = AgentConfiguration()
    result.network.hidden = [256, 256]
    result.network.activation = .relu
    result.evolution.updateEvery = 1000
    result.evolution.dropFraction = 0.5
    result.learning.batchSize = batch
    result.learning.discount = 0.99
    result.learning.target = .online
    result.replay.capacity = replay.capacity
    result.replay.multiStep = replay.multiStep.length
    result.replay.multiStepDelay = replay.multiStep.delay
    result.replay.prioritized = replay.priorities != nil
    result.replay.dynamic = replay.dynamicCapacity != nil
    return result
  }
}

extension AgentConfiguration {
  private mutating func tunePPO(_ environment: String) {
    switch environment {
    case "acrobot":
      agent.steps = 200_000
      agent.worlds = 16
      learning.rollout = 128
      learning.epochs = 4
      learning.batchSize = 64
      learning.discount = 0.99
      learning.lambda = 0.94
      learning.normalizeObservations = true
    case "mountain-car":
      agent.steps = 500_000
      agent.worlds = 16
      learning.rollout = 16
      learning.epochs = 4
      learning.batchSize = 64
      learning.discount = 0.99
      learning.lambda = 0.98
      learning.normalizeObservations = true
    case "mountain-car-continuous":
      agent.steps = 200_000
      learning.rollout = 128
      learning.epochs = 10
      learning.discount = 0.9999
      learning.lambda = 0.9
      learning.entropy = 0.004
      learning.normalizeObservations = true
    case "pendulum":
      agent.steps = 200_000
      learning.rollout = 256
      learning.epochs = 10
      learning.discount = 0.9
      learning.lambda = 0.95
    case "frozen-lake", "frozen-lake-8x8":
      agent.steps = 200_000
      learning.rollout = 128
      learning.epochs = 10
      learning.discount = 0.99
    case "taxi", "cliff-walking":
      agent.steps = environment == "taxi" ? 500_000 : 200_000
      learning.rollout = 128
      learning.epochs = 10
      learning.discount = 0.99
      learning.lambda = 0.95
      learning.entropy = 0.01
    case "bandit", "contextual-bandit":
      agent.steps = 50_000
      learning.epochs = 10
      learning.discount = 0
      learning.lambda = 0
    case "cartpole": break
    default:
      agent.steps = 1_000_000
      learning.rollout = 256
      learning.batchSize = 64
      learning.epochs = 10
      learning.discount = 0.99
      learning.lambda = 0.95
      learning.learningRate = 3e-4
      learning.normalizeObservations = true
    }
  }

  private mutating func tuneDQN(_ environment: String) {
    switch environment {
    case "acrobot":
      agent.steps = 100_000
      learning.learningRate = 6.3e-4
      learning.batchSize = 128
      learning.trainInterval = 4
      learning.gradientSteps = 4
      learning.targetInterval = 250
      learning.explorationShare = 0.12
      learning.finalExploration = 0.1
      replay.capacity = 50_000
    case "mountain-car":
      agent.steps = 120_000
      learning.learningRate = 4e-3
      learning.batchSize = 128
      learning.discount = 0.98
      learning.trainInterval = 16
      learning.gradientSteps = 8
      learning.targetInterval = 600
      learning.explorationShare = 0.2
      learning.finalExploration = 0.07
      replay.capacity = 10_000
    case "frozen-lake", "frozen-lake-8x8", "taxi", "cliff-walking":
      agent.steps = environment == "taxi" ? 300_000 : 100_000
      network.hidden = [64, 64]
      learning.learningRate = 1e-3
      learning.trainInterval = 4
      learning.gradientSteps = 2
      learning.targetInterval = 500
      learning.explorationShare = 0.4
      learning.finalExploration = 0.05
      replay.capacity = 50_000
    case "bandit", "contextual-bandit":
      network.hidden = [64, 64]
      learning.learningRate = 1e-3
      learning.discount = 0
      learning.trainInterval = 16
      learning.gradientSteps = 8
    case "cartpole": break
    default:
      agent.steps = 500_000
      learning.learningRate = 2.5e-4
      learning.trainInterval = 4
      learning.gradientSteps = 1
      learning.targetInterval = 1000
    }
  }

  private mutating func tuneSAC(_ environment: String) {
    switch environment {
    case "pendulum":
      agent.steps = 20_000
      learning.learningRate = 1e-3
      learning.learningStart = 1000
      replay.capacity = 50_000
    case "mountain-car-continuous":
      agent.steps = 50_000
      network.hidden = [64, 64]
      learning.learningStart = 1000
      learning.batchSize = 512
      learning.discount = 0.9999
      learning.trainInterval = 32
      learning.gradientSteps = 32
      learning.targetShare = 0.01
      learning.temperature = .fixed(0.1)
      replay.capacity = 50_000
    default: break
    }
  }

  private mutating func tuneTD3(_ environment: String) {
    switch environment {
    case "pendulum":
      agent.steps = 20_000
      learning.learningStart = 1000
      replay.capacity = 50_000
    case "mountain-car-continuous":
      agent.steps = 50_000
      network.hidden = [64, 64]
      learning.learningStart = 1000
      learning.explorationNoise = 0.5
      replay.capacity = 50_000
    default: break
    }
  }
}
