// SPDX-License-Identifier: Apache-2.0
// Espalier: the same agent with several seeds.

internal import Espalier

/// Runs with seeds one after another, and what they earn together.
struct AgentSeedsRun {
  let configuration: AgentConfiguration
  let outcome: AgentConfiguration
  let world: any AgentWorld
  let folder: RunFolder
  let manner: TrainingRun.Manner
  /// Asked after each step; true saves and leaves.
  var isInterrupted: @Sendable () -> Bool = { Interruption.isRequested }

  /// Trains every seed.
  ///
  /// - Returns: the summary of all.
  func run() throws -> JSONValue {
    if case .resume = manner.start, Paths.exists(folder.state) {
      throw CommandError.usage(
        "--seeds: '\(folder.path)' holds one run, which several cannot go on with; name another folder with --run-dir")
    }
    return try folder.whileHeld { try trainAll() }
  }

  private func trainAll() throws -> JSONValue {
    try folder.prepare(manner.start)
    try OutputFile.write(configuration.toml(outcome: outcome), to: folder.configuration)
    let seeds = configuration.seeds
    var summaries: [JSONValue] = []
    for seed in seeds {
      var manner = manner
      manner.isOneOfMany = true
      if !manner.isQuiet { Output.talk("seed \(seed) (\(summaries.count + 1) of \(seeds.count))") }
      let summary = try AgentRun(
        configuration: configuration.only(seed), outcome: outcome.only(seed), world: world,
        folder: folder.inner(seed: seed), manner: manner, isInterrupted: isInterrupted
      ).run()
      if manner.isJSON { Output.result(summary.event("run")) }
      summaries.append(summary)
    }
    let whole = Self.summary(of: summaries)
    try OutputFile.write(whole.lined, to: folder.summary)
    return whole
  }

  /// What the runs that came to their end earn, each seed's mean return one number.
  static func summary(of all: [JSONValue]) -> JSONValue {
    let runs = all.filter { $0["mean_return"]?.asDouble != nil }
    let means = runs.compactMap { $0["mean_return"]?.asDouble }
    let statistics = means.isEmpty ? nil : ReturnStatistics(means)
    var members: [JSONValue.Member] = [
      .init("mean_return", statistics.map { .number($0.mean) } ?? .null),
      .init(
        "interval95",
        statistics.map { .array([.number($0.interval.lowerBound), .number($0.interval.upperBound)]) } ?? .null),
      .init("interquartile_mean", statistics.map { .number($0.interquartileMean) } ?? .null),
      .init("deviation", statistics.map { .number($0.deviation) } ?? .null), .init("runs", .integer(all.count)),
      .init("seeds", .array(all.compactMap { $0["seed"] })),
      .init("mean_returns", .array(all.map { $0["mean_return"] ?? .null })),
      .init("interquartile_means", .array(all.map { $0["interquartile_mean"] ?? .null })),
      .init(
        "diverged", .array(all.filter { $0["mean_return"]?.asDouble == nil }.compactMap { $0["seed"] })),
      .init("stop_reasons", .array(all.map { $0["stop_reason"] ?? .null })),
      .init("seconds", .number(all.compactMap { $0["seconds"]?.asDouble }.reduce(0, +))),
    ]
    for name in [
      "environment", "time_limit", "algorithm", "method", "actor_method", "critic_method", "steps", "gradient_steps",
      "worlds", "eval_episodes", "eval_seed", "connections", "dense_connections", "sparsity", "modules", "replay_bytes",
      "seed", "threads", "kernels", "version",
    ] {
      members.append(.init(name, (runs.first ?? all.first)?[name] ?? .null))
    }
    let memory = all.compactMap { $0["peak_memory_bytes"]?.asInt }.max()
    members.append(.init("peak_memory_bytes", memory.map { .integer($0) } ?? .null))
    members.append(.init("returns", .array(all.map { $0["returns"] ?? .null })))
    return .object(members)
  }

  /// Says which runs diverged.
  ///
  /// - Throws: ``CommandError`` unless all came to their end.
  static func check(_ summary: JSONValue) throws(CommandError) {
    let seeds = (summary["diverged"]?.asArray ?? []).compactMap(\.asInt).map { "\($0)" }
    guard !seeds.isEmpty else { return }
    throw CommandError(
      .unfulfilled,
      "a number was no longer finite with seed \(seeds.joined(separator: ", ")); lower --learning-rate")
  }
}

extension AgentConfiguration {
  /// The same with one seed, and nothing required.
  fileprivate func only(_ seed: Int) -> AgentConfiguration {
    var result = with(seed: seed)
    result.run.require = nil
    return result
  }
}
