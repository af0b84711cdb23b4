// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier train`.

internal import ArgumentParser
internal import Espalier

/// `espalier train`: learns from a data set and fills a run folder.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a truly sparse network; without flags, on the bundled handwritten digits.",
    discussion: """
      Examples:
        espalier train
        espalier train --data flowers.csv --label species --hidden 64 --sparsity 0.9
        espalier train --data mnist --hidden 300,100 --method rigl --seeds 5
        espalier train --config runs/digits-gse-s1/config.toml --seed 2
        espalier train --resume --run-dir runs/digits-gse-s1

      A flag goes over the same key of --config (with underscores for hyphens), which goes over the default. Ctrl-C \
      finishes the step, saves and leaves; --resume goes on bit for bit.
      """)

  @OptionGroup(title: "Data") var data: DataFlags
  @OptionGroup(title: "Network") var network: NetworkFlags
  @OptionGroup(title: "Connections") var topology: TopologyFlags
  @OptionGroup(title: "Evolution") var evolution: EvolutionFlags
  @OptionGroup(title: "Optimizer") var optimizer: OptimizerFlags
  @OptionGroup(title: "Training") var training: TrainingFlags
  @OptionGroup(title: "Run") var runFlags: RunFlags

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
  @Flag(help: "print epochs and summary as one JSON object a line") var json = false
  @Flag(help: "print no progress") var quiet = false
  @Flag(help: "tell which layout, kernels and split over threads every sparse layer gets, and why")
  var explainKernels = false
  @Flag(help: "print the configuration that would be used, and leave") var dryRun = false

  func run() throws {
    let configuration = try askedConfiguration()
    if dryRun {
      Output.result(String(configuration.toml(outcome: try configuration.resolved()).dropLast()))
      return
    }
    Interruption.listen()
    let folder = configuration.runFolder(start)
    let summary = try execute(configuration, in: folder)
    if json {
      Output.result(summary.event("summary"))
    } else if configuration.training.seeds == 1 {
      Output.result(ResultTable.text(summary, folder: folder.path))
    } else {
      Output.result(SeedsRun.table(summary, folder: folder.path))
    }
    try SeedsRun.check(summary)
    try Requirement.check(configuration.run.require, summary)
  }

  /// Trains and fills the run folder, without a word of the result.
  ///
  /// - Returns: the summary.
  func execute() throws -> JSONValue {
    let configuration = try askedConfiguration()
    return try execute(configuration, in: configuration.runFolder(start))
  }

  private var start: RunStart { resume ? .resume : overwrite ? .overwrite : .anew }

  private func execute(_ configuration: RunConfiguration, in folder: RunFolder) throws -> JSONValue {
    let asked = try configuration.resolved()
    _ = try configuration.run.require.map { try Requirement($0) }
    let manner = TrainingRun.Manner(
      start: start, isQuiet: quiet, isJSON: json, explainsKernels: explainKernels,
      command: Self.typed(CommandLine.arguments))
    // Before the data is read: a folder in use is the quicker mistake to find.
    if case .anew = manner.start, folder.holdsRun { try folder.whileHeld { try folder.prepare(.anew) } }
    let synthetic = try DataSizes(synthetic: configuration.data)
    if let synthetic { try fits(asked, synthetic) }
    let data = try PreparedData(configuration.data)
    if synthetic == nil { try fits(asked, DataSizes(data)) }
    if !quiet { for note in configuration.notes(for: data) { Output.talk(note) } }
    return configuration.training.seeds == 1
      ? try TrainingRun(configuration: configuration, folder: folder, manner: manner).run(data)
      : try SeedsRun(configuration: configuration, folder: folder, manner: manner).run(data)
  }

  /// Says how much memory the run will take, and refuses one that does not fit.
  private func fits(_ configuration: RunConfiguration, _ sizes: DataSizes) throws {
    let outlook = try MemoryOutlook(configuration, sizes)
    try outlook.check()
    if !quiet { Output.talk(outlook.line) }
  }

  /// Defaults, then the file, then the flags.
  func askedConfiguration() throws -> RunConfiguration {
    if resume && overwrite { throw CommandError.usage("expected one of --resume and --overwrite, got both") }
    let groups: [any SettingFlags] = [data, network, topology, evolution, optimizer, training, runFlags]
    var flags = RunConfiguration()
    for group in groups { try group.apply(to: &flags) }
    var configuration = RunConfiguration()
    if let file = config ?? (resume ? Self.savedConfiguration(flags.runFolder(.resume)) : nil) {
      try ConfigurationFile(file).apply(to: &configuration)
    }
    for group in groups { try group.apply(to: &configuration) }
    if resume && configuration.run.runDir == nil && config == nil {
      configuration.run.runDir = flags.runFolder(.resume).path
    }
    return configuration
  }

  private static func savedConfiguration(_ folder: RunFolder) -> String? {
    Paths.exists(folder.configuration) ? folder.configuration : nil
  }

  /// What the user typed, as a shell takes it.
  private static func typed(_ arguments: [String]) -> String {
    (["espalier"] + arguments.dropFirst().map { TrainingRun.quoted($0) }).joined(separator: " ")
  }
}
