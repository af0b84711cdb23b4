// SPDX-License-Identifier: Apache-2.0
// Espalier: the result of an agent's run, for people.

internal import Espalier

/// The few lines that a finished run prints.
enum AgentTable {
  /// The table of one run's summary.
  static func text(_ summary: JSONValue, folder: String) -> String {
    var table = TextTable([.left, .left, .left])
    func number(_ name: String) -> Double? { summary[name]?.asDouble }
    if let mean = number("mean_return"), let middle = number("interquartile_mean") {
      let interval = (summary["interval95"]?.asArray ?? []).compactMap(\.asDouble).map(AgentProgress.number)
      table.add([
        "mean return", AgentProgress.number(mean),
        "\(interval.joined(separator: " to ")) with 95 %, \(summary["eval_episodes"]?.asInt ?? 0) episodes",
      ])
      table.add(["interquartile", AgentProgress.number(middle)])
    }
    if let connections = summary["connections"]?.asInt, let dense = summary["dense_connections"]?.asInt {
      table.add([
        "connections", NumberText.grouped(connections),
        "of \(NumberText.grouped(dense)): \(NumberText.percentBelowAll(number("sparsity") ?? 0)) absent",
      ])
    }
    if let seconds = number("seconds"), let steps = summary["steps"]?.asInt,
      let gradientSteps = summary["gradient_steps"]?.asInt, let memory = summary["peak_memory_bytes"]?.asInt
    {
      table.add([
        "time", NumberText.fixed(seconds, decimals: 1) + " s",
        "\(NumberText.grouped(steps)) steps, \(NumberText.grouped(gradientSteps)) gradient steps, "
          + "\(NumberText.bytes(memory)) at most",
      ])
    }
    let head = ["environment", "algorithm", "method"].compactMap { summary[$0]?.asString }.joined(separator: "  ")
    let seed = summary["seed"]?.asInt.map { "  seed \($0)" } ?? ""
    return Output.bold(head + seed) + "\n\n" + table.text(indent: "  ") + "\n\n  run in \(folder)"
  }

  /// The table of several seeds.
  static func seeds(_ summary: JSONValue, folder: String) -> String {
    var table = TextTable([.left, .right, .right])
    table.add(["", "mean return", "interquartile"])
    let means = summary["mean_returns"]?.asArray ?? []
    let middles = summary["interquartile_means"]?.asArray ?? []
    for (index, seed) in (summary["seeds"]?.asArray ?? []).enumerated() {
      guard let mean = means[index].asDouble, let middle = middles[index].asDouble else {
        table.add(["seed \(seed.asInt ?? 0)", "diverged"])
        continue
      }
      table.add(["seed \(seed.asInt ?? 0)", AgentProgress.number(mean), AgentProgress.number(middle)])
    }
    if let mean = summary["mean_return"]?.asDouble, let middle = summary["interquartile_mean"]?.asDouble {
      table.add(["all", AgentProgress.number(mean), AgentProgress.number(middle)])
    }
    let head = ["environment", "algorithm", "method"].compactMap { summary[$0]?.asString }.joined(separator: "  ")
    var text = Output.bold(head) + "\n\n" + table.text(indent: "  ")
    let interval = (summary["interval95"]?.asArray ?? []).compactMap(\.asDouble)
    if interval.count == 2 {
      text +=
        "\n\n  95 % interval of the mean over seeds: \(AgentProgress.number(interval[0])) to "
        + AgentProgress.number(interval[1])
    }
    if let connections = summary["connections"]?.asInt, let dense = summary["dense_connections"]?.asInt {
      text += "\n  \(NumberText.grouped(connections)) of \(NumberText.grouped(dense)) connections"
    }
    return text + "\n  runs in \(folder)"
  }
}
