// SPDX-License-Identifier: Apache-2.0
// Espalier: from an agent's settings to its recipe.

internal import Espalier

extension AgentConfiguration {
  /// One of the networks that an agent has.
  enum Part: String { case actor, critic }

  /// The recipe; call it on a resolved configuration.
  func makeRecipe() throws(CommandError) -> any AgentRecipe {
    let rate = Float(learning.learningRate ?? 1e-3)
    let (actor, critic) = (try network(.actor), try network(.critic))
    let (actorEvolution, criticEvolution) = (try evolution(.actor), try evolution(.critic))
    switch agent.algorithm ?? .ppo {
    case .ppo:
      var recipe = PPO(network: actor, evolution: actorEvolution, learningRate: rate)
      recipe.critic.network = critic
      recipe.critic.evolution = criticEvolution
      set(&recipe.worlds, agent.worlds)
      set(&recipe.rolloutLength, learning.rollout)
      set(&recipe.batchSize, learning.batchSize)
      set(&recipe.epochs, learning.epochs)
      set(&recipe.discount, learning.discount)
      set(&recipe.lambda, learning.lambda)
      set(&recipe.clipRange, learning.clip)
      set(&recipe.entropyCoefficient, learning.entropy)
      set(&recipe.normalizesObservations, learning.normalizeObservations)
      return recipe
    case .dqn:
      var recipe = DQN(network: critic, evolution: criticEvolution, learningRate: rate)
      set(&recipe.worlds, agent.worlds)
      recipe.replay = memory(recipe.replay)
      set(&recipe.batchSize, learning.batchSize)
      set(&recipe.discount, learning.discount)
      set(&recipe.learningStart, learning.learningStart)
      set(&recipe.trainInterval, learning.trainInterval)
      set(&recipe.gradientSteps, learning.gradientSteps)
      set(&recipe.targetTopology, learning.target)
      set(&recipe.targetInterval, learning.targetInterval)
      set(&recipe.targetShare, learning.targetShare)
      set(&recipe.isDouble, learning.double)
      set(&recipe.isDuelling, learning.duelling)
      set(&recipe.explorationShare, learning.explorationShare)
      set(&recipe.finalExploration, learning.finalExploration)
      return recipe
    case .sac:
      var recipe = SAC(actor: actor, critic: critic, evolution: actorEvolution, learningRate: rate)
      recipe.critic.evolution = criticEvolution
      set(&recipe.worlds, agent.worlds)
      recipe.replay = memory(recipe.replay)
      set(&recipe.batchSize, learning.batchSize)
      set(&recipe.discount, learning.discount)
      set(&recipe.learningStart, learning.learningStart)
      set(&recipe.trainInterval, learning.trainInterval)
      set(&recipe.gradientSteps, learning.gradientSteps)
      set(&recipe.targetTopology, learning.target)
      set(&recipe.targetShare, learning.targetShare)
      set(&recipe.normalizesObservations, learning.normalizeObservations)
      if case .fixed(let temperature) = learning.temperature { recipe.temperature = temperature }
      return recipe
    case .td3:
      var recipe = TD3(actor: actor, critic: critic, evolution: actorEvolution, learningRate: rate)
      recipe.critic.evolution = criticEvolution
      set(&recipe.worlds, agent.worlds)
      recipe.replay = memory(recipe.replay)
      set(&recipe.batchSize, learning.batchSize)
      set(&recipe.discount, learning.discount)
      set(&recipe.learningStart, learning.learningStart)
      set(&recipe.trainInterval, learning.trainInterval)
      set(&recipe.gradientSteps, learning.gradientSteps)
      set(&recipe.targetTopology, learning.target)
      set(&recipe.targetShare, learning.targetShare)
      set(&recipe.explorationNoise, learning.explorationNoise)
      set(&recipe.normalizesObservations, learning.normalizeObservations)
      return recipe
    case .reinforce:
      var recipe = REINFORCE(network: actor, evolution: actorEvolution, learningRate: rate)
      set(&recipe.worlds, agent.worlds)
      set(&recipe.episodes, learning.updateEpisodes)
      set(&recipe.discount, learning.discount)
      set(&recipe.entropyCoefficient, learning.entropy)
      return recipe
    }
  }

  private func set<Value>(_ place: inout Value, _ value: Value?) {
    if let value { place = value }
  }

  private func memory(_ usual: ReplaySettings) -> ReplaySettings {
    var settings = usual
    set(&settings.capacity, replay.capacity)
    set(&settings.multiStep.length, replay.multiStep)
    set(&settings.multiStep.delay, replay.multiStepDelay)
    settings.priorities = replay.prioritized == true ? ReplaySettings.Priorities() : nil
    if replay.dynamic == true {
      // RLx2's numbers are for a million transitions: here the same shares of any capacity.
      let tenth = max(learning.batchSize ?? 1, settings.capacity / 10)
      settings.dynamicCapacity = ReplaySettings.DynamicCapacity(
        minimum: tenth, interval: max(1, min(10_000, (agent.steps ?? 1) / 100)), chunk: max(1, settings.capacity / 100))
    }
    return settings
  }
}

extension AgentConfiguration {
  /// The method by which the connections of a network move.
  func method(_ part: Part) -> EvolutionSettings.Method {
    (part == .actor ? evolution.actorMethod : evolution.criticMethod) ?? evolution.method
  }

  /// The share of a network's connections that do not exist; nil with `--epsilon`.
  func sparsity(_ part: Part) -> Double? {
    (part == .actor ? network.actorSparsity : network.criticSparsity) ?? network.sparsity
  }

  /// Whether a network has every connection.
  func isDense(_ part: Part) -> Bool { method(part) == .dense || sparsity(part) == 0 }

  private func network(_ part: Part) throws(CommandError) -> NetworkRecipe {
    let hidden = network.hidden ?? [64, 64]
    let activation: ActivationFunction =
      switch network.activation {
      case .tanh: .tanh
      case .gelu: .gelu
      case .relu, nil: .relu
      }
    let body: NetworkRecipe.Body =
      network.network == .mlp ? .mlp(hidden) : .simba(width: hidden.first ?? 64, blocks: network.blocks)
    return NetworkRecipe(
      body, topology: isDense(part) ? nil : try supervised(part).birth, sparsePart: network.sparsePart,
      activation: activation, normalizes: network.layerNorm)
  }

  private func evolution(_ part: Part) throws(CommandError) -> Evolution {
    isDense(part) ? .static : try supervised(part).makeEvolution(samples: 1)
  }

  /// The birth and the evolution as `espalier train` has them, so that names and numbers of methods are the same.
  private func supervised(_ part: Part) throws(CommandError) -> RunConfiguration {
    let method = method(part)
    guard method != .nm else {
      throw .usage(
        "--method nm: expected connections of free shape, which agents have, got N:M; choose set, rigl or gse")
    }
    var result = RunConfiguration()
    result.evolution.method = method
    result.evolution.updateEvery = evolution.updateEvery
    result.evolution.dropFraction = evolution.dropFraction
    result.evolution.updateEnd = method == .deepR ? nil : evolution.updateEnd
    result.optimizer.learningRate = learning.learningRate
    result.topology.budget = sparsity(part).map { .sparsity($0) } ?? network.epsilon.map { .epsilon($0) }
    switch network.birth {
    case .er: result.topology.distribution = .er
    case .uniform: result.topology.distribution = .uniform
    case .erk, nil: result.topology.distribution = .erk
    }
    if case .epsilon = result.topology.budget { result.topology.distribution = .er }
    return try result.resolved()
  }
}
