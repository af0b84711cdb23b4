// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier agent train`.

internal import ArgumentParser
internal import Espalier

/// `espalier agent train`: learns to act in an environment and fills a run folder.
struct AgentTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a truly sparse agent; without flags, balance a pole on a cart.",
    discussion: """
      Examples:
        espalier agent train
        espalier agent train --env pendulum --sparsity 0.95 --seeds 1..5
        espalier agent train --env acrobot --algorithm dqn --method rigl --critic-sparsity 0.8
        espalier agent train --config runs/cartpole-ppo-set-s1/config.toml --seed 2
        espalier agent train --resume --run-dir runs/cartpole-ppo-set-s1

      A flag goes over the same key of --config (with underscores for hyphens), which goes over what is usual for the \
      algorithm in the environment, which --dry-run shows. Ctrl-C finishes the step, saves and leaves; --resume goes on \
      bit for bit.
      """)

  @OptionGroup(title: "Agent") var agent: AgentTaskFlags
  @OptionGroup(title: "Networks") var network: AgentNetworkFlags
  @OptionGroup(title: "Evolution") var evolution: AgentEvolutionFlags
  @OptionGroup(title: "Learning") var learning: AgentLearningFlags
  @OptionGroup(title: "Replay") var replay: AgentReplayFlags
  @OptionGroup(title: "Evaluation") var evaluation: AgentEvaluationFlags
  @OptionGroup(title: "Run") var runFlags: AgentRunFlags

  @Option(
    help: ArgumentHelp("a configuration, TOML or JSON, such as a run's config.toml (default: none)", valueName: "file"),
    completion: .file(extensions: ["toml", "json"]))
  var config: String?
  @Flag(
    help:
      "go on with the run in the folder, with its own configuration unless --config names one; begin one if none is there"
  )
  var resume = false
  @Flag(help: "remove the run that is in the folder and begin anew") var overwrite = false
  @Flag(help: "print points of the curve and the summary as one JSON object a line") var json = false
  @Flag(help: "print no progress") var quiet = false
  @Flag(help: "print the configuration that would be used, and leave") var dryRun = false

  func run() throws {
    if dryRun {
      let (asked, world) = try asked()
      Output.result(String(asked.toml(outcome: try asked.resolved(in: world)).dropLast()))
      return
    }
    Interruption.listen()
    let (summary, configuration, folder) = try execute()
    let isOne = configuration.seeds.count == 1
    if json {
      Output.result(summary.event("summary"))
    } else {
      Output.result(
        isOne ? AgentTable.text(summary, folder: folder.path) : AgentTable.seeds(summary, folder: folder.path))
    }
    if !isOne { try AgentSeedsRun.check(summary) }
    try Self.check(configuration.run.require, summary)
  }

  /// Trains and fills the run folder, without a word of the result.
  ///
  /// - Parameter isInterrupted: asked after each step; true saves and leaves.
  func execute(
    isInterrupted: @escaping @Sendable () -> Bool = { Interruption.isRequested }
  ) throws -> (summary: JSONValue, configuration: AgentConfiguration, folder: RunFolder) {
    let (configuration, world) = try asked()
    let outcome = try configuration.resolved(in: world)
    let folder = configuration.runFolder(start, outcome)
    let manner = TrainingRun.Manner(
      start: start, isQuiet: quiet, isJSON: json,
      command: (["espalier"] + CommandLine.arguments.dropFirst().map { TrainingRun.quoted($0) }).joined(separator: " "))
    if case .anew = start, folder.holdsRun { try folder.whileHeld { try folder.prepare(.anew) } }
    if !quiet { for note in configuration.notes(outcome) { Output.talk(note) } }
    let summary: JSONValue
    if let seed = configuration.seeds.first, configuration.seeds.count == 1 {
      let (one, itsOutcome) = (configuration.with(seed: seed), outcome.with(seed: seed))
      summary = try AgentRun(
        configuration: one, outcome: itsOutcome, world: world, folder: folder, manner: manner,
        isInterrupted: isInterrupted
      ).run()
    } else {
      summary = try AgentSeedsRun(
        configuration: configuration, outcome: outcome, world: world, folder: folder, manner: manner,
        isInterrupted: isInterrupted
      ).run()
    }
    return (summary, configuration, folder)
  }

  private var start: RunStart { resume ? .resume : overwrite ? .overwrite : .anew }

  /// Defaults, then the file, then the flags; and the environment that they name.
  func asked() throws -> (AgentConfiguration, any AgentWorld) {
    if resume && overwrite { throw CommandError.usage("expected one of --resume and --overwrite, got both") }
    let groups: [any SettingFlags] = [agent, network, evolution, learning, replay, evaluation, runFlags]
    var flags = AgentConfiguration()
    for group in groups { try group.apply(to: &flags) }
    var file = config
    if resume, file == nil {
      let folder = try flags.runFolder(
        .resume, flags.run.runDir == nil ? flags.resolved(in: try AgentWorlds.named(flags.agent.env)) : flags)
      if Paths.exists(folder.configuration) { file = folder.configuration }
      flags.run.runDir = folder.path
    }
    var configuration = AgentConfiguration()
    if let file { try ConfigurationFile(file).apply(to: &configuration) }
    for group in groups { try group.apply(to: &configuration) }
    if resume, configuration.run.runDir == nil { configuration.run.runDir = flags.run.runDir }
    let world = try AgentWorlds.named(configuration.agent.env)
    configuration.agent.env = world.name
    return (configuration, configuration.agent.timeLimit.map { world.limited(to: $0) } ?? world)
  }

  /// Holds the mean return against what is required.
  static func check(_ required: Double?, _ summary: JSONValue) throws(CommandError) {
    guard let required else { return }
    guard let mean = summary["mean_return"]?.asDouble else {
      throw CommandError(
        .unfulfilled, "required a mean return of at least \(NumberText.shortest(required)), but there is none")
    }
    guard mean >= required else {
      throw CommandError(
        .unfulfilled,
        "required a mean return of at least \(NumberText.shortest(required)), got "
          + NumberText.significant(mean, digits: 6))
    }
  }
}

extension AgentConfiguration {
  /// The same with one seed.
  func with(seed: Int) -> AgentConfiguration {
    var result = self
    result.agent.seed = seed
    result.agent.seeds = .count(1)
    return result
  }

  /// The folder of the run: the one that the user names, else one by environment, algorithm, method and seed.
  ///
  /// - Parameter outcome: the resolved configuration.
  func runFolder(_ start: RunStart, _ outcome: AgentConfiguration) -> RunFolder {
    if let path = run.runDir { return RunFolder(path) }
    let environment = String(agent.env.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : "-" })
    let seeds = seeds
    let words = seeds.count == 1 ? "s\(seeds[0])" : "s\(seeds[0])-\(seeds[seeds.count - 1])"
    let usual = [environment, outcome.agent.algorithm?.rawValue ?? "", evolution.method.rawValue, words]
    return RunFolder.unnamed("runs/" + (run.name ?? usual.joined(separator: "-")), start)
  }
}
