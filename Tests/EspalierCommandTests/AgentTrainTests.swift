// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier agent train`.

import ArgumentParser
import Datasets
import NeuralNetworks
import Reinforcement
import Testing
import Training

@testable import EspalierCommand

@Suite("espalier agent train")
struct AgentTrainTests {
  @Test("a run leaves its files, and the summary has what scripts go by")
  func files() throws {
    try Workplace.withFolder { base in
      let folder = RunFolder(Paths.join(base, "run"))
      let summary = try AgentPlace.train(folder.path, AgentPlace.flags(.ppo) + ["--sparsity", "0.5", "--seed", "4"])
      #expect(
        Paths.list(folder.path) == [
          "README.md", "config.toml", "curve.svg", "episodes.csv", "metrics.csv", "policy.safetensors",
          "state.safetensors", "summary.json",
        ])
      #expect(try JSONValue(parsing: Workplace.text(folder.summary)) == summary)
      for name in [
        "mean_return", "returns", "eval_episodes", "steps", "gradient_steps", "seconds", "connections", "sparsity",
        "seed", "interval95", "interquartile_mean", "modules", "replay_bytes", "environment", "algorithm", "method",
      ] { #expect(summary[name] != nil && summary[name] != .null, "\(name)") }
      let returns = (summary["returns"]?.asArray ?? []).compactMap(\.asDouble)
      #expect(returns.count == 3 && summary["mean_return"]?.asDouble == returns.reduce(0, +) / 3)
      #expect(summary["seed"]?.asInt == 4 && summary["algorithm"]?.asString == "ppo")
      // 4-8-2 and 4-8-1: 48 and 40 connections when dense.
      #expect(summary["dense_connections"]?.asInt == 88)
      let modules = try #require(summary["modules"]?.asArray)
      #expect(modules.map { $0["name"]?.asString } == ["actor", "critic"])
      #expect(modules.compactMap { $0["connections"]?.asInt }.reduce(0, +) == summary["connections"]?.asInt)
      let curve = try LearningCurve(contentsOf: folder.metrics)
      #expect(curve.points.map(\.step) == [100, 200])
      let policy = try Policy(contentsOf: folder.policy)
      #expect(policy.facts.contains { $0.name == "environment" && $0.value == "cartpole" })
      #expect(policy.facts.contains { $0.name == "time_limit" && $0.value == "40" })
      let card = try Workplace.text(folder.card)
      #expect(card.contains("espalier agent act policy.safetensors") && card.contains("library_name: espalier"))
    }
  }

  @Test("the same run by config.toml and on two threads gives the same policy")
  func repetition() throws {
    try Workplace.withFolder { base in
      let first = RunFolder(Paths.join(base, "first"))
      let again = RunFolder(Paths.join(base, "again"))
      try AgentPlace.train(first.path, AgentPlace.flags(.dqn) + ["--method", "gse", "--critic-sparsity", "0.6"])
      let command = try AgentTrainCommand.parse([
        "--config", first.configuration, "--run-dir", again.path, "--threads", "2", "--quiet",
      ])
      _ = try command.execute()
      #expect(try Workplace.bytes(again.policy) == Workplace.bytes(first.policy))
      #expect(try Workplace.text(again.metrics) == Workplace.text(first.metrics))
      #expect(try Workplace.text(first.configuration).contains("critic_sparsity = 0.6"))
    }
  }

  @Test("an interrupted run goes on to the same bytes", arguments: AgentAlgorithm.allCases)
  func resume(_ algorithm: AgentAlgorithm) throws {
    try Workplace.withFolder { base in
      let whole = RunFolder(Paths.join(base, "whole"))
      let cut = RunFolder(Paths.join(base, "cut"))
      let flags =
        ["--algorithm", algorithm.rawValue, "--method", "set", "--sparsity", "0.5"] + AgentPlace.flags(algorithm)
      let summary = try AgentPlace.train(whole.path, flags)
      #expect(summary["gradient_steps"]?.asInt ?? 0 > 3)
      let moved = (summary["modules"]?.asArray ?? []).compactMap { $0["moved"]?.asInt }.reduce(0, +)
      #expect(moved > 0, "the topology must change in this test")
      #expect(
        Workplace.status { try AgentPlace.train(cut.path, flags, stoppingAfter: 67) } == .interrupted)
      #expect(!Paths.exists(cut.policy) && Paths.exists(cut.state))
      try AgentPlace.train(cut.path, flags + ["--resume"])
      for path in [\RunFolder.policy, \RunFolder.metrics, \RunFolder.episodes] {
        #expect(try Workplace.bytes(cut[keyPath: path]) == Workplace.bytes(whole[keyPath: path]))
      }
    }
  }

  @Test("a run that diverges says where, exits with 2 and leaves a summary")
  func divergence() throws {
    try Workplace.withFolder { base in
      let folder = RunFolder(Paths.join(base, "run"))
      let flags = AgentPlace.flags(.ppo) + ["--learning-rate", "1e30"]
      var words = ""
      do { try AgentPlace.train(folder.path, flags) } catch {
        words = "\(error)"
        #expect(CommandError(error)?.status == .unfulfilled)
      }
      #expect(words.contains("not finite") && words.contains("of the critic"), "\(words)")
      let summary = try JSONValue(parsing: Workplace.text(folder.summary))
      #expect(summary["stop_reason"]?.asString?.hasPrefix("diverged") == true && summary["mean_return"] == .null)
      // Among several, the others go on, and the whole says which.
      let many = try AgentPlace.train(Paths.join(base, "many"), flags + ["--seeds", "2"])
      #expect(many["diverged"]?.asArray?.compactMap(\.asInt) == [1, 2])
      #expect(Workplace.status { try AgentSeedsRun.check(many) } == .unfulfilled)
    }
  }

  @Test("several seeds: each as if alone, and what they earn together")
  func seeds() throws {
    try Workplace.withFolder { base in
      let (many, one) = (Paths.join(base, "many"), RunFolder(Paths.join(base, "one")))
      let whole = try AgentPlace.train(many, AgentPlace.flags(.ppo) + ["--seeds", "2,5"])
      try AgentPlace.train(one.path, AgentPlace.flags(.ppo) + ["--seed", "5"])
      #expect(try Workplace.bytes(one.policy) == Workplace.bytes(RunFolder(many).inner(seed: 5).policy))
      let means = (whole["mean_returns"]?.asArray ?? []).compactMap(\.asDouble)
      #expect(means.count == 2 && whole["mean_return"]?.asDouble == (means[0] + means[1]) / 2)
      #expect(whole["seeds"]?.asArray?.compactMap(\.asInt) == [2, 5])
      #expect(whole["interval95"]?.asArray?.compactMap(\.asDouble) == [means.min(), means.max()])
      let table = AgentTable.seeds(whole, folder: many)
      #expect(table.contains("seed 2") && table.contains("seed 5") && table.contains("95 % interval"))
      #expect(Workplace.status { try AgentPlace.train(many, AgentPlace.flags(.ppo)) } == .cannotWrite)
      #expect(
        Workplace.status { try AgentPlace.train(one.path, AgentPlace.flags(.ppo) + ["--resume", "--seeds", "2"]) }
          == .usage)
    }
  }

  @Test("seeds are a count, a range or a list")
  func seedLists() {
    #expect(SeedList(.word("3"))?.seeds(from: 7) == [7, 8, 9])
    #expect(SeedList(.word("1..5"))?.seeds(from: 7) == [1, 2, 3, 4, 5])
    #expect(SeedList(.word("4,2,9"))?.seeds(from: 7) == [4, 2, 9])
    #expect(SeedList(.list([.integer(4), .integer(2)]))?.seeds(from: 7) == [4, 2])
    for wrong in ["0", "-1", "5..1", "1..", "a", "1,1", "1,-2", "", "0..99999"] {
      #expect(SeedList(.word(wrong)) == nil, "\(wrong)")
    }
  }

  @Test("what the last evaluation must reach")
  func requirement() throws {
    #expect(Workplace.status { try AgentTrainCommand.check(10, ["mean_return": 9.5]) } == .unfulfilled)
    #expect(Workplace.status { try AgentTrainCommand.check(-200, ["mean_return": -150.5]) } == nil)
    #expect(Workplace.status { try AgentTrainCommand.check(nil, [:]) } == nil)
    #expect(Workplace.status { try AgentTrainCommand.check(1, [:]) } == .unfulfilled)
  }

  @Test("nothing is kept with --no-save but numbers, and such a run cannot go on")
  func unsaved() throws {
    try Workplace.withFolder { base in
      let folder = RunFolder(Paths.join(base, "run"))
      try AgentPlace.train(folder.path, AgentPlace.flags(.ppo) + ["--no-save"])
      #expect(!Paths.exists(folder.policy) && !Paths.exists(folder.state) && Paths.exists(folder.summary))
      #expect(Workplace.status { try AgentPlace.train(folder.path, ["--resume"]) } == .usage)
      #expect(Workplace.status { try AgentPlace.train(folder.path, []) } == .cannotWrite)
      try AgentPlace.train(folder.path, AgentPlace.flags(.ppo) + ["--overwrite"])
      #expect(Paths.exists(folder.policy))
    }
  }
}
