// SPDX-License-Identifier: Apache-2.0
// Espalier: what espalier bench prints.

internal import Training

/// The measurements as text or JSON.
struct BenchReport {
  let title: String
  let connections: Int
  let density: Double
  let batch: Int
  let threads: Int
  let kernels: String
  let load: Double?
  let repeats: Int
  let timings: [Timing]

  var text: String {
    var facts = TextTable([.left, .left])
    facts.add(["what", title])
    facts.add([
      "connections",
      "\(NumberText.grouped(connections)), density \(NumberText.percent(density, decimals: 1)), batch \(batch)",
    ])
    facts.add(["kernels", "\(kernels), \(threads) \(threads == 1 ? "thread" : "threads")"])
    facts.add([
      "measured",
      "\(repeats) times in turn after warm-up, load average before: "
        + (load.map { NumberText.fixed($0, decimals: 2) } ?? "unknown"),
    ])
    var table = TextTable([.left, .right, .right, .right, .right])
    table.add(["phase", "median", "middle half", "ns a connection", "GFLOP/s"])
    for timing in timings {
      let (low, high) = timing.middleHalf
      table.add([
        timing.phase.name, Self.time(timing.median), "\(Self.time(low)) to \(Self.time(high))",
        NumberText.significant(nanoseconds(timing), digits: 3),
        gigaflops(timing).map { NumberText.fixed($0, decimals: 1) } ?? "",
      ])
    }
    return facts.text() + "\n\n" + table.text()
  }

  var json: JSONValue {
    .object([
      .init("what", .string(title)), .init("connections", .integer(connections)), .init("density", .number(density)),
      .init("batch", .integer(batch)), .init("threads", .integer(threads)), .init("kernels", .string(kernels)),
      .init("load_average", .optional(load)), .init("repeats", .integer(repeats)),
      .init("phases", .array(timings.map(object))),
    ])
  }

  private func object(_ timing: Timing) -> JSONValue {
    .object([
      .init("name", .string(timing.phase.name)), .init("median_seconds", .number(timing.median)),
      .init("lower_quartile_seconds", .number(timing.middleHalf.low)),
      .init("upper_quartile_seconds", .number(timing.middleHalf.high)), .init("least_seconds", .number(timing.least)),
      .init("nanoseconds_per_connection", .number(nanoseconds(timing))),
      .init("gigaflops", .optional(gigaflops(timing))),
    ])
  }

  private func nanoseconds(_ timing: Timing) -> Double { timing.median * 1e9 / Double(max(1, connections)) }

  private func gigaflops(_ timing: Timing) -> Double? {
    timing.phase.flops == 0 || timing.median == 0 ? nil : Double(timing.phase.flops) / timing.median / 1e9
  }

  private static func time(_ seconds: Double) -> String {
    let (scaled, unit) = seconds < 1e-3 ? (seconds * 1e6, "µs") : seconds < 1 ? (seconds * 1e3, "ms") : (seconds, "s")
    return NumberText.significant(scaled, digits: 3) + " " + unit
  }
}
