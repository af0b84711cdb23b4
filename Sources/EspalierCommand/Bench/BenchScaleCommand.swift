// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier bench scale.

internal import ArgumentParser
internal import Datasets
internal import SparseCore
internal import SparseTopology
internal import Training

/// Measures how time and memory grow with the connections.
struct BenchScaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Time of a training step and peak memory, from ten thousand connections to a hundred million.",
    discussion: """
      Networks of two equally wide sparse layers and ten outputs, 20 connections into each neuron, batch 32, one thread; \
      sizes grow tenfold. Each is born and trained in a process of its own, so that its peak memory is its own; what the \
      process had before is taken off. A size that does not fit into the available memory is left out. The exponents \
      are fitted by least squares on the logarithms: 1 is linear. Time grows faster while activations outgrow one cache \
      after the other; with a --window they need not.
      """)

  @Option(
    help: ArgumentHelp("connections of the smallest network", valueName: "count"),
    transform: { try BenchText.count($0, flag: "--from", 1000...1_000_000_000) })
  var from = 10_000

  @Option(
    help: ArgumentHelp("connections of the largest network", valueName: "count"),
    transform: { try BenchText.count($0, flag: "--to", 1000...1_000_000_000) })
  var to = 100_000_000

  @Option(
    help: ArgumentHelp("how far from its own place a hidden neuron reaches (default: anywhere)", valueName: "neurons"))
  var window: Int?

  @Option(help: .hidden)
  var only: Int?

  @OptionGroup var measuring: BenchFlags

  func validate() throws {
    guard window ?? 20 >= 20 else { throw ValidationError("--window: expected at least 20, got \(window ?? 0)") }
    guard from <= to else { throw ValidationError("--from: expected at most --to, \(to), got \(from)") }
  }

  /// The sizes to measure.
  var sizes: [Int] {
    var sizes = [from]
    while let last = sizes.last, last <= to / 10 { sizes.append(last * 10) }
    return sizes
  }

  func run() throws {
    if let only {
      _ = try ScaleCase(connections: 1000).measure(repeats: 3)
      Output.result(try ScaleCase(connections: only, window: window).measure(repeats: measuring.repeats).json)
      return
    }
    let load = SystemLoad.now
    var timings: [ScaleTiming] = []
    if !measuring.json {
      Output.result("\(Kernels.name), 1 thread; \(BenchText.load(load))\n")
      Output.result("connections      step  ns a connection  bytes a connection  of these not activations")
    }
    for size in sizes {
      if let room = SystemMemory.available, ScaleCase.estimate(connections: size) > room {
        Output.talk(
          "\(NumberText.grouped(size)) connections need about \(NumberText.bytes(ScaleCase.estimate(connections: size))), "
            + "\(NumberText.bytes(room)) are available: left out")
        continue
      }
      let timing = try measureAlone(size)
      timings.append(timing)
      Output.result(measuring.json ? timing.json.text() : timing.text)
    }
    let exponents = ScaleExponents(timings)
    Output.result(measuring.json ? exponents.json.text() : "\n" + exponents.text)
  }

  /// Runs one size in a process of its own.
  private func measureAlone(_ size: Int) throws -> ScaleTiming {
    let child = try LineProcess(
      SystemMemory.program,
      ["bench", "scale", "--only", "\(size)", "--repeats", "\(measuring.repeats)", "--json"]
        + (window.map { ["--window", "\($0)"] } ?? []))
    let line = try child.line()
    guard let value = try? JSONValue(parsing: line), let timing = ScaleTiming(value) else {
      throw CommandError(.failed, "the process of \(size) connections answered '\(line)'")
    }
    return timing
  }
}

/// How time and memory grow, by least squares on logarithms.
struct ScaleExponents {
  let time: Double?
  let memory: Double?

  init(_ timings: [ScaleTiming]) {
    time = PowerLaw.exponent(timings.map { (Double($0.connections), $0.seconds) })
    memory = PowerLaw.exponent(timings.map { (Double($0.connections), Double($0.bytes)) })
  }

  var text: String {
    let word = { (exponent: Double?) in exponent.map { NumberText.fixed($0, decimals: 3) } ?? "unknown (one size)" }
    return "exponent of time: \(word(time)), of memory: \(word(memory))"
  }

  var json: JSONValue {
    .object([.init("time_exponent", .optional(time)), .init("memory_exponent", .optional(memory))])
  }
}
