// SPDX-License-Identifier: Apache-2.0
// Espalier: every setting of an agent's run.

internal import Espalier

typealias AgentSetting = SettingOf<AgentConfiguration>

extension AgentConfiguration: Configurable {
  /// Every setting, in the order of files and of `--help`.
  static let settings: [AgentSetting] =
    agent + network + evolution + learning + replay + evaluation + run

  /// The keys that say how many connections there are; one of them at a time.
  static let budgets = ["sparsity", "epsilon"]

  /// What reads such files.
  static let command = "espalier agent train"

  private static let usual = "auto: as is usual for algorithm and environment"

  private static let agent: [AgentSetting] = [
    AgentSetting(
      section: "agent", key: "env", help: "the environment: a name or a Gymnasium id of 'espalier agent list'",
      standard: "cartpole", expected: "an environment's name", placeholder: "name",
      choices: EnvironmentCatalogue.entries.map(\.name),
      write: { value, configuration in
        guard let text = value.asText, !text.isEmpty else { return false }
        configuration.agent.env = text
        return true
      },
      read: { .text($0.agent.env) }),
    .choice(
      "agent", "algorithm", \.agent.algorithm, standard: "auto: ppo for choices, sac for continuous actions",
      "how it learns"),
    .integer("agent", "steps", \.agent.steps, from: 1, to: 1 << 40, standard: usual, "steps of all worlds together"),
    .integer(
      "agent", "worlds", \.agent.worlds, from: 1, to: 1 << 16, standard: usual, "worlds that are stepped together"),
    .integer(
      "agent", "time_limit", \.agent.timeLimit, from: 1, to: 1 << 40, standard: "auto: the environment's",
      "steps after which an episode is cut"),
    .flag(
      "agent", "normalize_rewards", \.agent.normalizeRewards,
      "divide rewards by the deviation of their discounted sum while learning; evaluations count true rewards"),
    .integer("agent", "seed", \.agent.seed, from: 0, "everything random follows from it"),
    AgentSetting(
      section: "agent", key: "seeds", help: "several runs: a count from --seed on, a range 1..5, or a list 1,2,7",
      standard: "1", expected: "a count, a range such as 1..5, or seeds such as 1,2,7", placeholder: "seeds",
      write: { value, configuration in
        guard let seeds = SeedList(value) else { return false }
        configuration.agent.seeds = seeds
        return true
      },
      read: { $0.agent.seeds.value }),
  ]

  private static let network: [AgentSetting] = [
    .choice("network", "network", \.network.network, "layer after layer, or residual blocks with layer norm"),
    AgentSetting(
      section: "network", key: "hidden",
      help: "widths of the hidden layers, or none; simba takes one width; 256x3 stands for 256,256,256",
      standard: usual, expected: "widths, whole numbers from 1 to \(1 << 24), such as 256,256, or none, or auto",
      placeholder: "widths",
      write: { value, configuration in
        if value.asText == "auto" || value.asText == "none" {
          configuration.network.hidden = value.asText == "auto" ? nil : []
          return true
        }
        guard let list = value.asList else { return false }
        let widths = list.map(HiddenWidths.init)
        guard widths.allSatisfy({ ($0?.widths.first ?? .max) <= 1 << 24 }) else { return false }
        configuration.network.hidden = widths.flatMap { $0?.widths ?? [] }
        return true
      },
      read: { $0.network.hidden.map { .list($0.map { .integer($0) }) } ?? .text("auto") }),
    .integer("network", "blocks", \.network.blocks, from: 1, "residual blocks of simba"),
    .choice("network", "activation", \.network.activation, standard: usual, "what hidden neurons of mlp do"),
    .flag("network", "layer_norm", \.network.layerNorm, "normalise over the features before each activation of mlp"),
    .number(
      "network", "sparsity", \.network.sparsity, .belowOne, standard: "auto: 0.9",
      "the share of connections that do not exist; 0 is dense"),
    .number(
      "network", "epsilon", \.network.epsilon, NumberRange(words: "above 0") { $0 > 0 && $0.isFinite },
      standard: "auto: none", "SET's number instead: a layer gets epsilon x (inputs + outputs) connections"),
    .number(
      "network", "actor_sparsity", \.network.actorSparsity, .belowOne, standard: "auto: as --sparsity",
      "that of the network that acts"),
    .number(
      "network", "critic_sparsity", \.network.criticSparsity, .belowOne, standard: "auto: as --sparsity",
      "that of the networks that judge"),
    .choice(
      "network", "birth", \.network.birth, standard: "auto: erk; er with --epsilon",
      "how layers share the connections, which are born uniformly at random"),
    .choice(
      "network", "sparse_part", \.network.sparsePart,
      "which layers are sparse: every one, every one but the last, or the first only (automatic noise filtering)"),
  ]

  private static let evolution: [AgentSetting] = [
    .choice("evolution", "method", \.evolution.method, "how connections move"),
    .choice(
      "evolution", "actor_method", \.evolution.actorMethod, standard: "auto: as --method",
      "those of the network that acts"),
    .choice(
      "evolution", "critic_method", \.evolution.criticMethod, standard: "auto: as --method",
      "those of the networks that judge"),
    .integer(
      "evolution", "update_every", \.evolution.updateEvery, from: 1,
      standard: "auto: 1000, for ppo 250, for reinforce 10",
      "a network's gradient steps between two updates of its topology"),
    .number(
      "evolution", "drop_fraction", \.evolution.dropFraction, .share, standard: "auto: 0.5, for ppo and reinforce 0.3",
      "the share of connections that the first update moves"),
    .number("evolution", "update_end", \.evolution.updateEnd, .share, "the share of training with updates"),
  ]

  private static let evaluation: [AgentSetting] = [
    .integer(
      "evaluation", "eval_every", \.evaluation.every, from: 1, to: 1 << 40, standard: "auto: a twentieth of the run",
      "steps between two points of the learning curve"),
    .integer("evaluation", "eval_episodes", \.evaluation.episodes, from: 1, "episodes of the evaluation at the end"),
    .integer("evaluation", "curve_episodes", \.evaluation.curveEpisodes, from: 1, "episodes of a point of the curve"),
    .integer(
      "evaluation", "eval_seed", \.evaluation.seed, from: 0, "the first seed of an evaluation's episodes, for every run"
    ),
  ]

  private static let run: [AgentSetting] = [
    AgentSetting(
      section: "run", key: "run_dir", help: "the folder of the run", standard: "runs/NAME",
      expected: "a path", placeholder: "folder",
      write: { value, configuration in
        guard let text = value.asText, !text.isEmpty else { return false }
        configuration.run.runDir = text
        return true
      },
      read: { _ in nil }),
    AgentSetting(
      section: "run", key: "name", help: "what the run is called under runs/",
      standard: "ENVIRONMENT-ALGORITHM-METHOD-sSEED", expected: "a name without a slash", placeholder: "name",
      write: { value, configuration in
        guard let text = value.asText, !text.isEmpty, !text.contains("/"), text != ".", text != ".." else {
          return false
        }
        configuration.run.name = text
        return true
      },
      read: { $0.run.name.map { .text($0) } }),
    .integer(
      "run", "threads", \.run.threads, from: 1, to: 1024, standard: "auto: every core",
      "threads; the result is the same with any number"),
    .integer(
      "run", "checkpoint_every", \.run.checkpointEvery, from: 1, to: 1 << 40, standard: "auto: a tenth of the run",
      "steps between two saves of the state"),
    .flag("run", "tensorboard", \.run.tensorboard, "write TensorBoard events"),
    .flag("run", "save", \.run.save, "keep the policy and the state"),
    .number(
      "run", "require", \.run.require, NumberRange(words: "as a mean return") { $0.isFinite }, standard: "auto: none",
      "fail with exit code 2 unless the mean return of the last evaluation is at least this"),
  ]
}
