// SPDX-License-Identifier: Apache-2.0
// Espalier: the settings of an agent's learning.

internal import Espalier

extension AgentConfiguration {
  private static let usual = "auto: as is usual for algorithm and environment"
  private static let positive = NumberRange(words: "above 0") { $0 > 0 && Float($0).isFinite }

  static let learning: [AgentSetting] = [
    .number(
      "learning", "learning_rate", \.learning.learningRate, positive, standard: usual,
      "of Adam; ppo's falls to 0 on a line"),
    .integer(
      "learning", "batch_size", \.learning.batchSize, from: 1, to: 1 << 24, standard: usual,
      "samples of a gradient step"),
    .number("learning", "discount", \.learning.discount, .share, standard: usual, "what a step later is worth"),
    .integer(
      "learning", "learning_start", \.learning.learningStart, from: 0, to: 1 << 40, standard: usual,
      "dqn, sac, td3: steps before learning begins"),
    .integer(
      "learning", "train_interval", \.learning.trainInterval, from: 1, to: 1 << 40, standard: usual,
      "dqn, sac, td3: steps between two rounds of learning"),
    .integer(
      "learning", "gradient_steps", \.learning.gradientSteps, from: 1, to: 1 << 30, standard: usual,
      "dqn, sac, td3: gradient steps of a round"),
    .choice(
      "learning", "target", \.learning.target, standard: usual,
      "dqn, sac, td3: connections of target networks, those of the online network or their own"),
    .integer(
      "learning", "target_interval", \.learning.targetInterval, from: 1, to: 1 << 40, standard: usual,
      "dqn: steps between two updates of the target network"),
    .number(
      "learning", "target_share", \.learning.targetShare, .share, standard: usual,
      "dqn, sac, td3: the share of the online network in an update of its target"),
    .flag(
      "learning", "double", \.learning.double, standard: usual,
      "dqn: the online network chooses the action whose target value counts"),
    .flag(
      "learning", "duelling", \.learning.duelling, standard: usual, "dqn: outputs are advantages and a state's value"),
    .number(
      "learning", "exploration_share", \.learning.explorationShare, .share, standard: usual,
      "dqn: the share of the run over which random actions become rarer"),
    .number(
      "learning", "final_exploration", \.learning.finalExploration, .share, standard: usual,
      "dqn: the share of random actions after that"),
    .number(
      "learning", "exploration_noise", \.learning.explorationNoise, .notNegative, standard: usual,
      "td3: the deviation of noise on actions, which count from -1 to 1"),
    AgentSetting(
      section: "learning", key: "temperature", help: "sac: what entropy is worth", standard: usual,
      expected: "a number of at least 0, learned, or auto", placeholder: "number",
      write: { value, configuration in
        switch value.asText {
        case "auto": configuration.learning.temperature = nil
        case "learned": configuration.learning.temperature = .learned
        default:
          guard let number = value.asNumber, number >= 0, number.isFinite else { return false }
          configuration.learning.temperature = .fixed(number)
        }
        return true
      },
      read: { configuration in
        switch configuration.learning.temperature {
        case nil: .text("auto")
        case .learned?: .text("learned")
        case .fixed(let number)?: .number(number)
        }
      }),
    .integer(
      "learning", "rollout", \.learning.rollout, from: 1, to: 1 << 30, standard: usual,
      "ppo: steps of each world between two updates"),
    .integer(
      "learning", "epochs", \.learning.epochs, from: 1, to: 100_000, standard: usual, "ppo: passes over a rollout"),
    .number("learning", "lambda", \.learning.lambda, .share, standard: usual, "ppo: of the advantage's estimate"),
    .number(
      "learning", "clip", \.learning.clip, .notNegative, standard: usual,
      "ppo: how far the ratio of probabilities may go from 1; falls to 0 on a line"),
    .number(
      "learning", "entropy", \.learning.entropy, .notNegative, standard: usual, "ppo, reinforce: what entropy is worth"),
    .integer(
      "learning", "update_episodes", \.learning.updateEpisodes, from: 1, to: 1 << 24, standard: usual,
      "reinforce: episodes of an update"),
    .flag(
      "learning", "normalize_observations", \.learning.normalizeObservations, standard: usual,
      "ppo, sac, td3: shift and scale observations by their running moments"),
  ]

  static let replay: [AgentSetting] = [
    .integer(
      "replay", "replay_capacity", \.replay.capacity, from: 1, to: 1 << 40, standard: usual,
      "dqn, sac, td3: transitions that are remembered"),
    .integer(
      "replay", "multi_step", \.replay.multiStep, from: 1, to: 1000, standard: usual,
      "dqn, sac, td3: steps of rewards in a target"),
    .number(
      "replay", "multi_step_delay", \.replay.multiStepDelay, .share, standard: usual,
      "dqn, sac, td3: the share of the run in which targets take one step all the same (RLx2)"),
    .flag(
      "replay", "prioritized", \.replay.prioritized, standard: usual,
      "dqn, sac, td3: draw transitions in proportion to their errors"),
    .flag(
      "replay", "dynamic_replay", \.replay.dynamic, standard: usual,
      "dqn, sac, td3: forget what an old policy did when today's is far from it (RLx2)"),
  ]
}
