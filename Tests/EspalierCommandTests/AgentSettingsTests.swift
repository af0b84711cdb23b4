// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of an agent's settings.

import ArgumentParser
import Datasets
import Environments
import NeuralNetworks
import Reinforcement
import SparseTopology
import Testing

@testable import EspalierCommand

@Suite("Settings of agents")
struct AgentSettingsTests {
  private func resolved(_ arguments: [String]) throws -> AgentConfiguration {
    let (configuration, world) = try AgentTrainCommand.parse(arguments).asked()
    return try configuration.resolved(in: world)
  }

  private func words(_ arguments: [String]) -> String {
    do { return "accepted \(try resolved(arguments).makeRecipe())" } catch { return "\(error)" }
  }

  @Test("the help is the one committed (ESPALIER_RECORD=1 commits it anew), with every flag and default")
  func help() throws {
    let text = AgentTrainCommand.helpMessage(columns: 100) + "\n"
    #expect(try Workplace.snapshot("agent-train-help.txt", text) == text)
    let wide = AgentTrainCommand.helpMessage(columns: 100_000)
    for setting in AgentSetting.all {
      #expect(wide.contains("--\(setting.flag)"), "\(setting.flag)")
      #expect(wide.contains("\(setting.help) (default: \(setting.standard))"), "\(setting.flag)")
    }
  }

  @Test("flags and settings are the same, in the same order")
  func flags() throws {
    let command = try AgentTrainCommand.parse([])
    let groups: [any SettingFlags] = [
      command.agent, command.network, command.evolution, command.learning, command.replay, command.evaluation,
      command.runFlags,
    ]
    #expect(groups.flatMap { $0.given.map(\.flag) } == AgentSetting.all.map(\.flag))
    #expect(Set(AgentSetting.all.map(\.flag)).count == AgentSetting.all.count)
  }

  @Test(
    "every environment has an algorithm that suits its spaces, and every usual setting makes an agent",
    arguments: EnvironmentCatalogue.entries.map(\.name))
  func standards(_ name: String) throws {
    let world = try AgentWorlds.named(name)
    #expect(AgentAlgorithm.usual(for: world.actionSpace) != nil)
    for algorithm in AgentAlgorithm.allCases where algorithm.suits(world.actionSpace) {
      var configuration = AgentConfiguration()
      configuration.agent.env = name
      configuration.agent.algorithm = algorithm
      let outcome = try configuration.resolved(in: world)
      let recipe = try outcome.makeRecipe()
      #expect(recipe.algorithm == algorithm.rawValue)
      // A buffer of a million transitions of 500 states is no matter of a test.
      var small = outcome
      if algorithm.hasReplay { small.replay.capacity = max(1000, outcome.learning.batchSize ?? 1) }
      let agent = try small.makeRecipe().makeAgent(
        at: AgentSite(
          observationSpace: world.observationSpace, actionSpace: world.actionSpace, worlds: outcome.agent.worlds ?? 1,
          steps: outcome.agent.steps ?? 1, seed: 1))
      let (connections, dense) = agent.modules.reduce((0, 0)) {
        ($0.0 + $1.connections, $0.1 + $1.denseConnections)
      }
      #expect(abs(Double(connections) / Double(dense) - 0.1) < 0.02, "\(name) \(algorithm)")
      #expect((outcome.evaluation.every ?? 0) > 0 && (outcome.run.checkpointEvery ?? 0) > 0)
    }
  }

  @Test("flags reach the recipe")
  func recipes() throws {
    let sac = try #require(
      try resolved([
        "--env", "pendulum", "--actor-sparsity", "0", "--critic-sparsity", "0.8", "--critic-method", "rigl",
        "--temperature", "0.2", "--multi-step", "3", "--multi-step-delay", "0.1", "--dynamic-replay", "--target", "own",
        "--replay-capacity", "20000", "--batch-size", "64",
      ]).makeRecipe() as? SAC)
    #expect(sac.actor.network.topology == nil && sac.actor.evolution.isStatic)
    #expect(sac.critic.network.topology == .erk(density: 0.2) || "\(sac.critic.network)".contains("0.19999"))
    #expect(sac.critic.evolution.growsByGradient)
    #expect(sac.critic.evolution.schedule.every == .steps(1000))
    #expect(sac.temperature == 0.2 && sac.targetTopology == .own && sac.batchSize == 64)
    #expect(sac.replay.multiStep == .init(3, delay: 0.1) && sac.replay.capacity == 20_000)
    #expect(sac.replay.dynamicCapacity?.minimum == 2000)
    let ppo = try #require(
      try resolved(["--network", "simba", "--hidden", "32", "--sparse-part", "input", "--method", "dense"])
        .makeRecipe() as? PPO)
    #expect(ppo.actor.network.body == .simba(width: 32, blocks: 2) && ppo.actor.network.topology == nil)
    let dqn = try #require(
      try resolved(["--algorithm", "dqn", "--env", "MountainCar-v0", "--no-double", "--epsilon", "4"])
        .makeRecipe() as? DQN)
    #expect(!dqn.isDouble && dqn.learningStart == 1000 && dqn.discount == 0.98)
    #expect(dqn.critic.network.topology == .erdosRenyi(epsilon: 4))
    let cartpole = try #require(try resolved([]).makeRecipe() as? PPO)
    #expect(cartpole.actor.network.activation == .tanh && cartpole.worlds == 8 && cartpole.clipFalls)
    #expect(cartpole.critic.optimizer == PPO().critic.optimizer)
  }

  @Test("flags go over the file, which goes over what is usual")
  func precedence() throws {
    try Workplace.withFolder { base in
      let path = Paths.join(base, "agent.toml")
      try OutputFile.write(
        "[agent]\nenv = \"acrobot\"\nalgorithm = \"dqn\"\nseeds = \"1..3\"\n[learning]\nbatch_size = 32\n", to: path)
      let outcome = try resolved(["--config", path, "--batch-size", "16"])
      #expect(outcome.agent.env == "acrobot" && outcome.learning.batchSize == 16 && outcome.seeds == [1, 2, 3])
      #expect(outcome.learning.targetInterval == 250)
      try OutputFile.write("[learning]\nbatchsize = 32\n", to: path)
      #expect(words(["--config", path]).contains("did you mean 'batch_size'?"))
      try OutputFile.write("[network]\nsparsity = 0.5\nepsilon = 3\n", to: path)
      #expect(words(["--config", path]).contains("expected one of sparsity, epsilon"))
    }
  }

  @Test("mistakes are told with what was expected and a way out")
  func mistakes() throws {
    #expect(words(["--env", "cartpol"]).contains("did you mean 'cartpole'?"))
    #expect(words(["--env", "pendulum", "--algorithm", "dqn"]).contains("choose ppo, sac, td3, reinforce"))
    #expect(words(["--algorithm", "sac"]).contains("choose ppo, dqn, reinforce"))
    #expect(words(["--method", "nm"]).contains("choose set, rigl or gse"))
    #expect(words(["--sparsity", "0.5", "--epsilon", "2"]).contains("expected one of --sparsity, --epsilon"))
    #expect(words(["--epsilon", "2", "--birth", "erk"]).contains("expected --birth er"))
    #expect(words(["--network", "simba", "--hidden", "8,8"]).contains("expected one width"))
    #expect(words(["--method", "rigle"]).contains("did you mean 'rigl'?"))
    #expect(words(["--sparsity", "1"]).contains("from 0 to below 1"))
    #expect(words(["--method", "gmp", "--epsilon", "2"]).contains("--method gmp"))
    for arguments in [
      ["--seeds", "x"], ["--hidden", "0"], ["--steps", "0"], ["--temperature", "-1"], ["--name", "a/b"],
    ] {
      #expect(Workplace.status { _ = try resolved(arguments) } == .usage, "\(arguments)")
    }
  }

  @Test("settings without effect are told")
  func notes() throws {
    func notes(_ arguments: [String]) throws -> [String] {
      let (configuration, world) = try AgentTrainCommand.parse(arguments).asked()
      return configuration.notes(try configuration.resolved(in: world))
    }
    #expect(try notes([]).isEmpty)
    #expect(try notes(["--learning-start", "5"]) == ["note: --learning-start has no effect with --algorithm ppo"])
    #expect(try notes(["--algorithm", "dqn", "--rollout", "5", "--actor-sparsity", "0.5"]).count == 2)
    #expect(try notes(["--blocks", "5"]) == ["note: --blocks has no effect with --network mlp"])
    #expect(try notes(["--env", "pendulum", "--steps", "500"]).first?.contains("nothing will be learned") == true)
  }

  @Test("a file of the configuration reads back the same")
  func roundTrip() throws {
    let (configuration, world) = try AgentTrainCommand.parse([
      "--env", "pendulum", "--temperature", "learned", "--seeds", "3,4", "--hidden", "none",
      "--no-normalize-observations",
      "--require=-200", "--name", "mine", "--birth", "uniform", "--actor-method", "gse",
    ]).asked()
    let text = configuration.toml(outcome: try configuration.resolved(in: world))
    #expect(text.hasPrefix("# Espalier \(EspalierCommand.version). To do it again: espalier agent train --config"))
    var read = AgentConfiguration()
    try ConfigurationFile(text: text, path: "a.toml").apply(to: &read)
    #expect(read == configuration)
  }
}
