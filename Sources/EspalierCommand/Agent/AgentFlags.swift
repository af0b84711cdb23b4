// SPDX-License-Identifier: Apache-2.0
// Espalier: flags of an agent's run.

internal import ArgumentParser

/// Flags that say where an agent learns, and for how long.
struct AgentTaskFlags: ParsableArguments, SettingFlags {
  @Option(help: AgentSetting.help("env"), completion: AgentSetting.completion("env")) var env: String?
  @Option(help: AgentSetting.help("algorithm"), completion: AgentSetting.completion("algorithm")) var algorithm: String?
  @Option(help: AgentSetting.help("steps")) var steps: String?
  @Option(help: AgentSetting.help("worlds")) var worlds: String?
  @Option(help: AgentSetting.help("time-limit")) var timeLimit: String?
  @Flag(inversion: .prefixedNo, help: AgentSetting.help("normalize-rewards")) var normalizeRewards: Bool?
  @Option(help: AgentSetting.help("seed")) var seed: String?
  @Option(help: AgentSetting.help("seeds")) var seeds: String?

  var given: [(flag: String, value: SettingValue?)] {
    [
      ("env", word(env)),
      ("algorithm", word(algorithm)),
      ("steps", word(steps)),
      ("worlds", word(worlds)),
      ("time-limit", word(timeLimit)),
      ("normalize-rewards", switched(normalizeRewards)),
      ("seed", word(seed)),
      ("seeds", word(seeds)),
    ]
  }
}

/// Flags that say what an agent's networks look like.
struct AgentNetworkFlags: ParsableArguments, SettingFlags {
  @Option(help: AgentSetting.help("network"), completion: AgentSetting.completion("network")) var network: String?
  @Option(help: AgentSetting.help("hidden")) var hidden: String?
  @Option(help: AgentSetting.help("blocks")) var blocks: String?
  @Option(help: AgentSetting.help("activation"), completion: AgentSetting.completion("activation")) var activation:
    String?
  @Flag(inversion: .prefixedNo, help: AgentSetting.help("layer-norm")) var layerNorm: Bool?
  @Option(help: AgentSetting.help("sparsity")) var sparsity: String?
  @Option(help: AgentSetting.help("epsilon")) var epsilon: String?
  @Option(help: AgentSetting.help("actor-sparsity")) var actorSparsity: String?
  @Option(help: AgentSetting.help("critic-sparsity")) var criticSparsity: String?
  @Option(help: AgentSetting.help("birth"), completion: AgentSetting.completion("birth")) var birth: String?
  @Option(help: AgentSetting.help("sparse-part"), completion: AgentSetting.completion("sparse-part")) var sparsePart:
    String?

  var given: [(flag: String, value: SettingValue?)] {
    [
      ("network", word(network)),
      ("hidden", word(hidden)),
      ("blocks", word(blocks)),
      ("activation", word(activation)),
      ("layer-norm", switched(layerNorm)),
      ("sparsity", word(sparsity)),
      ("epsilon", word(epsilon)),
      ("actor-sparsity", word(actorSparsity)),
      ("critic-sparsity", word(criticSparsity)),
      ("birth", word(birth)),
      ("sparse-part", word(sparsePart)),
    ]
  }
}

/// Flags that say how an agent's connections move.
struct AgentEvolutionFlags: ParsableArguments, SettingFlags {
  @Option(help: AgentSetting.help("method"), completion: AgentSetting.completion("method")) var method: String?
  @Option(help: AgentSetting.help("actor-method"), completion: AgentSetting.completion("actor-method")) var actorMethod:
    String?
  @Option(help: AgentSetting.help("critic-method"), completion: AgentSetting.completion("critic-method"))
  var criticMethod: String?
  @Option(help: AgentSetting.help("update-every")) var updateEvery: String?
  @Option(help: AgentSetting.help("drop-fraction")) var dropFraction: String?
  @Option(help: AgentSetting.help("update-end")) var updateEnd: String?

  var given: [(flag: String, value: SettingValue?)] {
    [
      ("method", word(method)),
      ("actor-method", word(actorMethod)),
      ("critic-method", word(criticMethod)),
      ("update-every", word(updateEvery)),
      ("drop-fraction", word(dropFraction)),
      ("update-end", word(updateEnd)),
    ]
  }
}

/// Flags that say how an agent is judged.
struct AgentEvaluationFlags: ParsableArguments, SettingFlags {
  @Option(help: AgentSetting.help("eval-every")) var evalEvery: String?
  @Option(help: AgentSetting.help("eval-episodes")) var evalEpisodes: String?
  @Option(help: AgentSetting.help("curve-episodes")) var curveEpisodes: String?
  @Option(help: AgentSetting.help("eval-seed")) var evalSeed: String?

  var given: [(flag: String, value: SettingValue?)] {
    [
      ("eval-every", word(evalEvery)),
      ("eval-episodes", word(evalEpisodes)),
      ("curve-episodes", word(curveEpisodes)),
      ("eval-seed", word(evalSeed)),
    ]
  }
}

/// Flags that say what an agent's run leaves behind and what it must reach.
struct AgentRunFlags: ParsableArguments, SettingFlags {
  @Option(help: AgentSetting.help("run-dir"), completion: .directory) var runDir: String?
  @Option(help: AgentSetting.help("name")) var name: String?
  @Option(help: AgentSetting.help("threads")) var threads: String?
  @Option(help: AgentSetting.help("checkpoint-every")) var checkpointEvery: String?
  @Flag(inversion: .prefixedNo, help: AgentSetting.help("tensorboard")) var tensorboard: Bool?
  @Flag(inversion: .prefixedNo, help: AgentSetting.help("save")) var save: Bool?
  @Option(help: AgentSetting.help("require")) var require: String?

  var given: [(flag: String, value: SettingValue?)] {
    [
      ("run-dir", word(runDir)),
      ("name", word(name)),
      ("threads", word(threads)),
      ("checkpoint-every", word(checkpointEvery)),
      ("tensorboard", switched(tensorboard)),
      ("save", switched(save)),
      ("require", word(require)),
    ]
  }
}
