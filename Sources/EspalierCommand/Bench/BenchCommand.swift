// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier bench.

internal import ArgumentParser
internal import NeuralNetworks
internal import SparseCore
internal import Training

/// Measures this machine.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "This machine's numbers: forward, backward, optimizer, a whole step.",
    discussion: """
      Without --layers one sparse layer is measured, its gradient by the inputs included; with --layers a network of \
      sparse layers with rectifiers between, whose last layer is sparse too, and its whole training step. After warm-up \
      the phases take turns, so that a slow moment of the machine hits all alike; numbers are medians, the spread is that \
      of the middle half. FLOPs are 2 a connection and sample, forward, and 4 backward (2 without the inputs' gradient).

      One process has one set of kernels, the best of this machine. To compare: \
      ESPALIER_KERNELS=portable espalier bench.

        espalier bench --shape 1024x784 --density 0.1
        espalier bench --layers 784-1000-1000-10 --batch 128
      """)

  @Option(
    help: ArgumentHelp("one layer, outputs x inputs", valueName: "OUTxIN"),
    transform: { try Self.sizes($0, "x", count: 2...2, flag: "--shape") })
  var shape = [1024, 784]

  @Option(
    help: ArgumentHelp("a network instead, widths from input to output", valueName: "W-W-W"),
    transform: { try Self.sizes($0, "-", count: 2...64, flag: "--layers") })
  var layers: [Int] = []

  @Option(help: "the share of connections that exist, the same in every layer")
  var density = 0.1

  @Option(help: "samples of a batch")
  var batch = 128

  @Option(help: "measurements of each phase")
  var repeats = 31

  @OptionGroup var team: ThreadFlags

  @Flag(help: "print one JSON object")
  var json = false

  func validate() throws {
    guard density > 0, density <= 1 else {
      throw ValidationError("--density: expected a share above 0, at most 1, got \(density)")
    }
    guard batch >= 1, batch <= 65536 else {
      throw ValidationError("--batch: expected a whole number from 1 to 65536, got \(batch)")
    }
    guard repeats >= 3, repeats <= 100_000 else {
      throw ValidationError("--repeats: expected a whole number from 3 to 100000, got \(repeats)")
    }
  }

  func run() throws {
    let workers = team.workers
    let subject = try BenchSubject(
      widths: layers.isEmpty ? [shape[1], shape[0]] : layers, density: density, batch: batch, workers: workers)
    let load = SystemLoad.now
    let phases = layers.isEmpty ? try subject.layerPhases() : try subject.networkPhases()
    let report = BenchReport(
      title: layers.isEmpty
        ? "one sparse layer [\(shape[0]), \(shape[1])]" : layers.map { "\($0)" }.joined(separator: "-"),
      connections: subject.network.connectionCount, density: density, batch: batch, threads: workers.threads,
      kernels: Kernels.name, load: load, repeats: repeats, timings: Stopwatch.measure(phases, repeats: repeats))
    Output.result(json ? report.json.text() : report.text)
  }

  private static func sizes(
    _ text: String, _ separator: Character, count: ClosedRange<Int>, flag: String
  ) throws -> [Int] {
    let sizes = text.split(separator: separator, omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard count.contains(sizes.count), sizes.allSatisfy({ (1...Int(Int32.max)).contains($0) }) else {
      let example = separator == "x" ? "1024x784" : "784-1000-1000-10"
      throw ValidationError("\(flag): expected sizes above 0 such as \(example), got '\(text)'")
    }
    return sizes
  }
}
