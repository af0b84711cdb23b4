// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier bench ceilings.

internal import ArgumentParser
internal import Datasets
internal import SparseCore
internal import Training

/// Measures what this machine can do at most.
struct BenchCeilingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ceilings",
    abstract: "What this machine can do at most: multiply-adds, reading in order, reading rows at random.",
    discussion: """
      A sparse layer reads one row of activations for each connection: the bandwidth of rows out of the cache that holds \
      the activations, and the multiply-adds a second, are its ceilings. 'prefetched' asks for a row 32 rows ahead.
      """)

  @Option(help: "threads that work at once, each on memory of its own")
  var threads = 1

  @OptionGroup var measuring: BenchFlags

  func validate() throws { _ = try BenchText.threads("\(threads)") }

  func run() throws {
    let load = SystemLoad.now
    let probe = CeilingProbe(threads: threads, workers: Workers(threads: threads))
    let ceilings = probe.measure(probe.all, repeats: measuring.repeats)
    if measuring.json {
      for ceiling in ceilings { Output.result(ceiling.json(threads: threads, load: load)) }
      return
    }
    Output.result(
      "\(Kernels.name), \(threads) \(threads == 1 ? "thread" : "threads"); caches "
        + [probe.caches.first, probe.caches.second, probe.caches.third].map(NumberText.bytes).joined(separator: ", ")
        + "; \(BenchText.load(load))\n")
    var table = TextTable([.left, .right, .left, .left])
    table.add(["ceiling", "median", "", "middle half"])
    for ceiling in ceilings {
      let number = { NumberText.significant($0, digits: 3) }
      table.add([
        ceiling.name, number(ceiling.sample.median), ceiling.unit.rawValue,
        "\(number(ceiling.sample.low)) to \(number(ceiling.sample.high))",
      ])
    }
    Output.result(table.text())
  }
}

extension Ceiling {
  func json(threads: Int, load: Double?) -> JSONValue {
    .object([
      .init("ceiling", .string(name)), .init("unit", .string(unit.rawValue)), .init("threads", .integer(threads)),
      .init("median", .number(sample.median)), .init("lower_quartile", .number(sample.low)),
      .init("upper_quartile", .number(sample.high)), .init("kernels", .string(Kernels.name)),
      .init("load_average", .optional(load)),
    ])
  }
}
