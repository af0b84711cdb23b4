// SPDX-License-Identifier: Apache-2.0
// Espalier: flags of an agent's learning.

internal import ArgumentParser

/// Flags that say how an agent learns.
struct AgentLearningFlags: ParsableArguments, SettingFlags {
  @Option(help: AgentSetting.help("learning-rate")) var learningRate: String?
  @Option(help: AgentSetting.help("batch-size")) var batchSize: String?
  @Option(help: AgentSetting.help("discount")) var discount: String?
  @Option(help: AgentSetting.help("learning-start")) var learningStart: String?
  @Option(help: AgentSetting.help("train-interval")) var trainInterval: String?
  @Option(help: AgentSetting.help("gradient-steps")) var gradientSteps: String?
  @Option(help: AgentSetting.help("target"), completion: AgentSetting.completion("target")) var target: String?
  @Option(help: AgentSetting.help("target-interval")) var targetInterval: String?
  @Option(help: AgentSetting.help("target-share")) var targetShare: String?
  @Flag(inversion: .prefixedNo, help: AgentSetting.help("double")) var double: Bool?
  @Flag(inversion: .prefixedNo, help: AgentSetting.help("duelling")) var duelling: Bool?
  @Option(help: AgentSetting.help("exploration-share")) var explorationShare: String?
  @Option(help: AgentSetting.help("final-exploration")) var finalExploration: String?
  @Option(help: AgentSetting.help("exploration-noise")) var explorationNoise: String?
  @Option(help: AgentSetting.help("temperature")) var temperature: String?
  @Option(help: AgentSetting.help("rollout")) var rollout: String?
  @Option(help: AgentSetting.help("epochs")) var epochs: String?
  @Option(help: AgentSetting.help("lambda")) var lambda: String?
  @Option(help: AgentSetting.help("clip")) var clip: String?
  @Option(help: AgentSetting.help("entropy")) var entropy: String?
  @Option(help: AgentSetting.help("update-episodes")) var updateEpisodes: String?
  @Flag(inversion: .prefixedNo, help: AgentSetting.help("normalize-observations")) var normalizeObservations: Bool?

  var given: [(flag: String, value: SettingValue?)] {
    [
      ("learning-rate", word(learningRate)),
      ("batch-size", word(batchSize)),
      ("discount", word(discount)),
      ("learning-start", word(learningStart)),
      ("train-interval", word(trainInterval)),
      ("gradient-steps", word(gradientSteps)),
      ("target", word(target)),
      ("target-interval", word(targetInterval)),
      ("target-share", word(targetShare)),
      ("double", switched(double)),
      ("duelling", switched(duelling)),
      ("exploration-share", word(explorationShare)),
      ("final-exploration", word(finalExploration)),
      ("exploration-noise", word(explorationNoise)),
      ("temperature", word(temperature)),
      ("rollout", word(rollout)),
      ("epochs", word(epochs)),
      ("lambda", word(lambda)),
      ("clip", word(clip)),
      ("entropy", word(entropy)),
      ("update-episodes", word(updateEpisodes)),
      ("normalize-observations", switched(normalizeObservations)),
    ]
  }
}

/// Flags that say what an agent remembers.
struct AgentReplayFlags: ParsableArguments, SettingFlags {
  @Option(help: AgentSetting.help("replay-capacity")) var replayCapacity: String?
  @Option(help: AgentSetting.help("multi-step")) var multiStep: String?
  @Option(help: AgentSetting.help("multi-step-delay")) var multiStepDelay: String?
  @Flag(inversion: .prefixedNo, help: AgentSetting.help("prioritized")) var prioritized: Bool?
  @Flag(inversion: .prefixedNo, help: AgentSetting.help("dynamic-replay")) var dynamicReplay: Bool?

  var given: [(flag: String, value: SettingValue?)] {
    [
      ("replay-capacity", word(replayCapacity)),
      ("multi-step", word(multiStep)),
      ("multi-step-delay", word(multiStepDelay)),
      ("prioritized", switched(prioritized)),
      ("dynamic-replay", switched(dynamicReplay)),
    ]
  }
}
