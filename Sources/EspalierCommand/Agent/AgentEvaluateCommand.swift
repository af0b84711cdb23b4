// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier agent evaluate`.

internal import ArgumentParser
internal import Espalier

/// Lets a saved policy act in whole episodes and says what it earns.
struct AgentEvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "What a saved policy earns, over episodes with fixed seeds.",
    discussion: """
      Episode i begins with seed + i, so that two policies meet the same beginnings.

        espalier agent evaluate runs/cartpole-ppo-set-s1 --episodes 100
        espalier agent evaluate policy.safetensors --env pendulum --json
      """)

  @OptionGroup var policy: PolicyFlags
  @OptionGroup var episodes: EpisodeFlags
  @Flag(help: "print one JSON object, with every return") var json = false

  func run() throws {
    let (report, world) = try execute()
    Output.result(json ? Self.object(report, world, episodes.seed).text() : Self.table(report, world))
  }

  /// Lets the policy act.
  func execute() throws -> (report: PolicyReport, world: String) {
    let policy = try policy.load()
    let world = try self.policy.world(episodes.env, for: policy)
    let report = try world.evaluate(
      policy, episodes: episodes.episodes, seed: UInt64(episodes.seed), choice: self.policy.choice,
      isInterrupted: { false })
    return (report, world.name)
  }

  static func object(_ report: PolicyReport, _ world: String, _ seed: Int) -> JSONValue {
    let statistics = report.statistics
    return .object([
      .init("mean_return", .number(statistics.mean)),
      .init(
        "interval95", .array([.number(statistics.interval.lowerBound), .number(statistics.interval.upperBound)])),
      .init("interquartile_mean", .number(statistics.interquartileMean)),
      .init("deviation", .number(statistics.deviation)), .init("least_return", .number(statistics.range.lowerBound)),
      .init("greatest_return", .number(statistics.range.upperBound)), .init("environment", .string(world)),
      .init("eval_episodes", .integer(statistics.count)), .init("eval_seed", .integer(seed)),
      .init("returns", .array(report.returns.map { .number($0) })),
      .init("lengths", .array(report.lengths.map { .integer($0) })),
    ])
  }

  static func table(_ report: PolicyReport, _ world: String) -> String {
    let statistics = report.statistics
    func shown(_ value: Double) -> String { AgentProgress.number(value) }
    var table = TextTable([.left, .left, .left])
    table.add([
      "mean return", shown(statistics.mean),
      "\(shown(statistics.interval.lowerBound)) to \(shown(statistics.interval.upperBound)) with 95 %",
    ])
    table.add(["interquartile", shown(statistics.interquartileMean)])
    table.add(["deviation", shown(statistics.deviation)])
    table.add(["least, greatest", shown(statistics.range.lowerBound), shown(statistics.range.upperBound)])
    let length = Double(report.lengths.reduce(0, +)) / Double(report.lengths.count)
    table.add(["mean length", NumberText.fixed(length, decimals: 1), "steps"])
    return Output.bold("\(world)  \(statistics.count) episodes") + "\n\n" + table.text(indent: "  ")
  }
}

/// Which episodes.
struct EpisodeFlags: ParsableArguments {
  @Option(help: "the environment (default: the one that the policy learned in)") var env: String?
  @Option(help: ArgumentHelp("how many episodes", valueName: "count")) var episodes = 100
  @Option(help: ArgumentHelp("the first episode's seed; the others follow", valueName: "seed")) var seed = 10_000

  func validate() throws {
    guard episodes > 0 else { throw ValidationError("--episodes: expected at least 1, got \(episodes)") }
    guard seed >= 0 else { throw ValidationError("--seed: expected at least 0, got \(seed)") }
  }
}
