// SPDX-License-Identifier: Apache-2.0
// Espalier: the same run with several seeds.

internal import Espalier

/// Runs with seeds one after another, and their mean and spread.
struct SeedsRun {
  let configuration: RunConfiguration
  let folder: RunFolder
  let manner: TrainingRun.Manner

  var seeds: [Int] { (0..<configuration.training.seeds).map { configuration.training.seed + $0 } }

  /// Trains every seed.
  ///
  /// - Returns: the summary of all.
  func run(_ data: PreparedData) throws -> JSONValue {
    if case .resume = manner.start, Paths.exists(folder.state) {
      throw CommandError.usage(
        "--seeds: '\(folder.path)' holds one run, which several cannot go on with; name another folder with --run-dir")
    }
    return try folder.whileHeld { try trainAll(data) }
  }

  private func trainAll(_ data: PreparedData) throws -> JSONValue {
    try folder.prepare(manner.start)
    try OutputFile.write(
      configuration.toml(outcome: configuration.resolved().resolved(for: data)), to: folder.configuration)
    var summaries: [JSONValue] = []
    for seed in seeds {
      var one = configuration
      one.training.seed = seed
      one.training.seeds = 1
      one.run.require = []
      var manner = manner
      manner.isOneOfMany = true
      if !manner.isQuiet { Output.talk("seed \(seed) (\(summaries.count + 1) of \(seeds.count))") }
      let run = TrainingRun(configuration: one, folder: folder.inner(seed: seed), manner: manner)
      let summary = try run.run(data)
      if manner.isJSON { Output.result(summary.event("run")) }
      summaries.append(summary)
    }
    let whole = Self.summary(of: summaries)
    try OutputFile.write(whole.lined, to: folder.summary)
    return whole
  }

  /// Means over the runs that came to their end, with the spread of the qualities.
  static func summary(of all: [JSONValue]) -> JSONValue {
    var members: [JSONValue.Member] = []
    let runs = all.filter { !hasDiverged($0) }
    let qualities = [
      "test_accuracy", "test_loss", "test_top_accuracy", "test_rmse", "test_r2", "validation_accuracy",
      "validation_loss", "validation_rmse", "best_test_accuracy", "best_test_loss", "best_test_rmse", "train_accuracy",
      "train_loss",
    ]
    for name in qualities where (runs.first ?? all.first)?[name] != nil {
      let spread = Spread(runs.compactMap { $0[name]?.asDouble })
      members.append(.init(name, spread.map { .number($0.mean) } ?? .null))
      if let spread, spread.count > 1, !name.hasPrefix("train") {
        members.append(.init(name + "_sd", .number(spread.deviation)))
        members.append(.init(name + "_interval95", .array([.number(spread.interval.0), .number(spread.interval.1)])))
      }
    }
    members.append(.init("runs", .integer(all.count)))
    members.append(.init("seeds", .array(all.compactMap { $0["seed"] })))
    members.append(.init("diverged", .array(all.filter(hasDiverged).compactMap { $0["seed"] })))
    members.append(.init("stop_reasons", .array(all.map { $0["stop_reason"] ?? .null })))
    members.append(.init("test_accuracies", .array(all.map { hasDiverged($0) ? .null : $0["test_accuracy"] ?? .null })))
    members.append(.init("seconds", .number(all.compactMap { $0["seconds"]?.asDouble }.reduce(0, +))))
    for name in ["epochs", "steps", "samples_per_second", "exploration_rate"] {
      let mean = Spread(runs.compactMap { $0[name]?.asDouble })?.mean
      members.append(
        .init(name, mean.map { mean in Int(exactly: mean).map { .integer($0) } ?? .number(mean) } ?? .null))
    }
    for name in [
      "connections", "dense_connections", "sparsity", "parameters", "flops", "seed", "threads", "method",
      "update_every", "data", "train_samples", "validation_samples", "test_samples", "kernels", "version",
    ] {
      members.append(.init(name, (runs.first ?? all.first)?[name] ?? .null))
    }
    let memory = all.compactMap { $0["peak_memory_bytes"]?.asInt }.max()
    members.append(.init("peak_memory_bytes", memory.map { .integer($0) } ?? .null))
    return .object(members)
  }

  private static func hasDiverged(_ run: JSONValue) -> Bool {
    run["stop_reason"]?.asString?.hasPrefix("diverged") ?? false
  }

  /// Says which runs diverged.
  ///
  /// - Throws: ``CommandError`` unless all came to their end.
  static func check(_ summary: JSONValue) throws(CommandError) {
    let seeds = (summary["diverged"]?.asArray ?? []).compactMap(\.asInt).map { "\($0)" }
    guard !seeds.isEmpty else { return }
    throw CommandError(
      .unfulfilled,
      "the loss was no longer a finite number with seed \(seeds.joined(separator: ", ")); "
        + TrainingRun.adviceForDivergence)
  }

  /// The runs one a line, then the mean.
  static func table(_ summary: JSONValue, folder: String) -> String {
    var table = TextTable([.left, .right])
    let isPercent = summary["test_accuracy"]?.asDouble != nil
    let name = isPercent ? "test_accuracy" : summary["test_rmse"]?.asDouble != nil ? "test_rmse" : "train_loss"
    func shown(_ value: Double) -> String {
      isPercent ? NumberText.percent(value, decimals: 2) : NumberText.significant(value, digits: 5)
    }
    let diverged = summary["diverged"]?.asArray ?? []
    for (seed, value) in zip(summary["seeds"]?.asArray ?? [], summary["test_accuracies"]?.asArray ?? []) {
      if diverged.contains(seed) {
        table.add(["seed \(seed.asInt ?? 0)", "diverged"])
      } else if isPercent {
        table.add(["seed \(seed.asInt ?? 0)", value.asDouble.map(shown) ?? "-"])
      }
    }
    if let mean = summary[name]?.asDouble { table.add(["mean", shown(mean)]) }
    if let deviation = summary[name + "_sd"]?.asDouble { table.add(["deviation", shown(deviation)]) }
    var text = Output.bold(
      ["data", "method"].compactMap { summary[$0]?.asString }.joined(separator: "  ")
        + "  \(name.map { $0 == "_" ? " " : $0 }.map(String.init).joined())")
    text += "\n\n" + table.text(indent: "  ")
    if let interval = summary[name + "_interval95"]?.asArray?.compactMap(\.asDouble), interval.count == 2 {
      text += "\n\n  95 % interval of the mean: \(shown(interval[0])) to \(shown(interval[1]))"
    }
    if let connections = summary["connections"]?.asInt, let dense = summary["dense_connections"]?.asInt {
      text += "\n  \(NumberText.grouped(connections)) of \(NumberText.grouped(dense)) connections"
    }
    return text + "\n  runs in \(folder)"
  }
}

extension JSONValue {
  /// The object with the kind of event it stands for in front.
  func event(_ name: String) -> JSONValue {
    .object([.init("event", .string(name))] + (asObject ?? []))
  }
}
