// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier bench training.

internal import ArgumentParser
internal import Datasets
internal import SparseCore
internal import Training

/// Measures whole training steps on one and more threads.
struct BenchTrainingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "training",
    abstract: "Whole training steps through the library's own loop, on one and more threads in turn.",
    discussion: """
      A step assembles a batch from the data, runs forward and backward and updates: SGD with momentum, softmax \
      cross-entropy, rectifiers between sparse layers, no topology update. Times are those of the wall clock, so that \
      numbers of threads can be compared; they need a quiet machine. 'processor' is the processor time of all threads, \
      which other programs disturb less.
      """)

  @Option(
    help: ArgumentHelp("widths from input to output", valueName: "W-W-W"), transform: BenchText.widths)
  var layers = [784, 4000, 1000, 4000, 10]

  @Option(help: "SET's density: a layer gets epsilon x (inputs + outputs) connections")
  var epsilon = 20.0

  @Option(help: "samples of a batch")
  var batch = 128

  @Option(
    help: ArgumentHelp("numbers of threads to compare (default: 1,2)", valueName: "count,..."),
    transform: BenchText.threads)
  var threads = [1, 2]

  @OptionGroup var measuring: BenchFlags

  func validate() throws {
    try BenchText.check(batch: batch)
    guard epsilon > 0, epsilon.isFinite else {
      throw ValidationError("--epsilon: expected a number above 0, got \(epsilon)")
    }
  }

  func run() throws {
    let load = SystemLoad.now
    let subject = try TrainingCase(
      widths: layers, epsilon: epsilon, batch: batch, tiles: max(1, 10_000 / batch))
    let sessions = try threads.map { try subject.session(threads: $0) }
    let samples = Self.measure(sessions, repeats: measuring.repeats)
    let lines = zip(threads, samples).map { threads, sample in
      TrainingTiming(
        threads: threads, sample: sample.wall, processor: sample.processor, connections: subject.connections,
        batch: batch, ratio: samples[0].wall.median / max(1e-12, sample.wall.median))
    }
    if measuring.json {
      for line in lines { Output.result(line.json(layers: layers, load: load)) }
      return
    }
    Output.result(
      layers.map { "\($0)" }.joined(separator: "-")
        + ", \(NumberText.grouped(subject.connections)) connections, batch \(batch); \(Kernels.name); "
        + "\(BenchText.load(load))\n")
    var table = TextTable([.right, .right, .right, .right, .right, .right])
    table.add(["threads", "step", "middle half", "processor", "ns a connection", "against \(threads[0])"])
    for line in lines {
      table.add([
        "\(line.threads)", BenchText.time(line.sample.median), BenchText.spread(line.sample),
        BenchText.time(line.processor.median), NumberText.significant(line.nanoseconds, digits: 3),
        NumberText.fixed(line.ratio, decimals: 2),
      ])
    }
    Output.result(table.text())
  }

  /// The seconds of a step of each session, in turn, on the wall and of the processor.
  private static func measure(
    _ sessions: [TrainingSession], repeats: Int
  ) -> [(wall: Sample, processor: Sample)] {
    var watch = Stopwatch(threads: 2)
    watch.shortest = 0.02
    let runs = sessions.map { session in watch.runs { _ = session.step() } }
    var seconds = sessions.map { _ in (wall: [Double](), processor: [Double]()) }
    for _ in 0..<repeats {
      for (index, session) in sessions.enumerated() {
        let start = BenchClock.process.now
        seconds[index].wall.append(watch.seconds({ _ = session.step() }, runs: runs[index]))
        seconds[index].processor.append((BenchClock.process.now - start) / Double(runs[index]))
      }
    }
    return seconds.map { (Sample($0.wall), Sample($0.processor)) }
  }
}

/// The steps on one number of threads.
private struct TrainingTiming {
  let threads: Int
  let sample: Sample
  /// The seconds of all threads' processors.
  let processor: Sample
  let connections: Int
  let batch: Int
  /// How many times faster than with the first number of threads.
  let ratio: Double

  /// Nanoseconds of one connection and 128 samples.
  var nanoseconds: Double { sample.median * 1e9 / Double(max(1, connections)) * 128 / Double(batch) }

  func json(layers: [Int], load: Double?) -> JSONValue {
    .object([
      .init("layers", .array(layers.map { .integer($0) })), .init("connections", .integer(connections)),
      .init("batch", .integer(batch)), .init("threads", .integer(threads)), .init("kernels", .string(Kernels.name)),
      .init("median_seconds", .number(sample.median)), .init("lower_quartile_seconds", .number(sample.low)),
      .init("upper_quartile_seconds", .number(sample.high)),
      .init("processor_seconds", .number(processor.median)),
      .init("nanoseconds_per_connection", .number(nanoseconds)), .init("speedup", .number(ratio)),
      .init("load_average", .optional(load)),
    ])
  }
}
