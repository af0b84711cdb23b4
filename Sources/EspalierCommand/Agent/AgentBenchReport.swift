// SPDX-License-Identifier: Apache-2.0
// Espalier: what `espalier agent bench` prints.

internal import Espalier

/// Seconds of an action.
struct ActingLine {
  let hidden: [Int]
  let sparsity: Double
  let connections: Int
  let seconds: Sample
}

/// Seconds of a step of an environment.
struct EnvironmentLine {
  let name: String
  let ours: Sample
  let theirs: Sample?
}

/// Seconds of a gradient step.
struct LearningLine {
  let hidden: [Int]
  let sparsity: Double
  let connections: Int
  let ours: Sample
  let theirs: Sample?
}

/// Prints measurements as tables, or as one JSON object a line.
struct AgentBenchReport {
  let isJSON: Bool
  let load: Double?

  func show(acting lines: [ActingLine]) {
    if isJSON {
      for line in lines {
        emit(
          "acting",
          [
            .init("hidden", .array(line.hidden.map { .integer($0) })), .init("sparsity", .number(line.sparsity)),
            .init("connections", .integer(line.connections)), .init("nanoseconds", .number(line.seconds.median * 1e9)),
            .init("low", .number(line.seconds.low * 1e9)), .init("high", .number(line.seconds.high * 1e9)),
          ])
      }
      return
    }
    var table = TextTable([.left, .right, .right, .right, .left])
    table.add(["policy", "sparsity", "connections", "an action", "middle half"])
    for line in lines {
      table.add([
        name(line.hidden), NumberText.percent(line.sparsity, decimals: 0), NumberText.grouped(line.connections),
        nanoseconds(line.seconds.median), "\(nanoseconds(line.seconds.low)) to \(nanoseconds(line.seconds.high))",
      ])
    }
    Output.result("\nacting: one observation in, one action out\n\n" + table.text(indent: "  "))
  }

  func show(environments lines: [EnvironmentLine]) {
    if isJSON {
      for line in lines {
        emit(
          "environment",
          [
            .init("name", .string(line.name)), .init("steps_per_second", .number(rate(line.ours))),
            .init("gymnasium_steps_per_second", line.theirs.map { .number(rate($0)) } ?? .null),
            .init("ratio", ratio(line.ours, line.theirs).map { .number($0) } ?? .null),
          ])
      }
      return
    }
    var table = TextTable([.left, .right, .right, .right])
    table.add(["environment", "steps/s", "Gymnasium", "ratio"])
    for line in lines {
      table.add([
        line.name, NumberText.grouped(Int(rate(line.ours))),
        line.theirs.map { NumberText.grouped(Int(rate($0))) } ?? "-",
        ratio(line.ours, line.theirs).map { NumberText.significant($0, digits: 3) } ?? "-",
      ])
    }
    Output.result("\nenvironments: steps a second, processor time of one thread\n\n" + table.text(indent: "  "))
  }

  func show(learning lines: [LearningLine], threads: Int) {
    if isJSON {
      for line in lines {
        emit(
          "learning",
          [
            .init("hidden", .array(line.hidden.map { .integer($0) })), .init("sparsity", .number(line.sparsity)),
            .init("connections", .integer(line.connections)), .init("threads", .integer(threads)),
            .init("gradient_steps_per_second", .number(rate(line.ours))),
            .init("sb3_gradient_steps_per_second", line.theirs.map { .number(rate($0)) } ?? .null),
            .init("ratio", ratio(line.ours, line.theirs).map { .number($0) } ?? .null),
          ])
      }
      return
    }
    var table = TextTable([.left, .right, .right, .right, .right, .right])
    table.add(["SAC", "sparsity", "connections", "gradient steps/s", "SB3, dense", "ratio"])
    for line in lines {
      table.add([
        name(line.hidden), NumberText.percent(line.sparsity, decimals: 0), NumberText.grouped(line.connections),
        NumberText.significant(rate(line.ours), digits: 4),
        line.theirs.map { NumberText.significant(rate($0), digits: 4) } ?? "-",
        ratio(line.ours, line.theirs).map { NumberText.significant($0, digits: 3) } ?? "-",
      ])
    }
    let words = threads == 1 ? "processor time of one thread" : "wall time, \(threads) threads"
    Output.result(
      "\nlearning: SAC, batch \(GradientCase.batch), \(GradientCase.observations) observed numbers, "
        + "\(GradientCase.actions) of an action; \(words)\n\n" + table.text(indent: "  "))
  }

  private func emit(_ event: String, _ members: [JSONValue.Member]) {
    Output.result(
      .object(
        [.init("event", .string(event))] + members + [
          .init("kernels", .string(Kernels.name)), .init("load", load.map { .number($0) } ?? .null),
        ]))
  }

  private func name(_ hidden: [Int]) -> String { hidden.map { "\($0)" }.joined(separator: "-") }

  private func nanoseconds(_ seconds: Double) -> String { NumberText.significant(seconds * 1e9, digits: 3) + " ns" }

  private func rate(_ seconds: Sample) -> Double { 1 / max(1e-12, seconds.median) }

  private func ratio(_ ours: Sample, _ theirs: Sample?) -> Double? {
    theirs.map { $0.median / max(1e-12, ours.median) }
  }
}
