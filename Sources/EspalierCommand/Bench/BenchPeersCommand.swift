// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier bench peers.

internal import ArgumentParser
internal import Datasets
internal import SparseCore
internal import SparseTopology
internal import Training

/// Holds this library against others, in turn, in one run.
struct BenchPeersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peers",
    abstract: "Other libraries on the same layers and the same training step, in turn with ours.",
    discussion: """
      Starts Benchmarks/peers/peers.py (its README says how to make the environment), hands each case over as files, and \
      lets a peer and this library run in turn. A peer's results must agree with ours, else it does not count. Ratios \
      are their median time over ours, above 1 we are faster. A library that is not installed is left out with a word.

      Without --shape, --density or --layers: the grid of layers and the training step of 784-4000-1000-4000-10.

        espalier bench peers --python VENV/bin/python
        espalier bench peers --shape 1024x784 --density 0.1 --only torch-dense,mkl
        espalier bench peers --layers 784-4000-1000-4000-10 --threads 2
      """)

  @Option(help: ArgumentHelp("the Python that has the other libraries", valueName: "program"))
  var python = "python3"

  @Option(help: ArgumentHelp("the Python side", valueName: "file"))
  var script = "Benchmarks/peers/peers.py"

  @Option(
    help: ArgumentHelp("layers, outputs x inputs (default: 1024x784,4000x1000,4096x4096)", valueName: "OUTxIN,..."),
    transform: BenchText.shapes)
  var shape: [LayerShape] = []

  @Option(
    help: ArgumentHelp("shares that exist (default: 0.2,0.1,0.05,0.02,0.01)", valueName: "share,..."),
    transform: BenchText.densities)
  var density: [Double] = []

  @Option(
    help: ArgumentHelp("the training step of a network, widths from input to output", valueName: "W-W-W"),
    transform: BenchText.widths)
  var layers: [Int] = []

  @Option(help: "SET's density of that network: a layer gets epsilon x (inputs + outputs) connections")
  var epsilon = 20.0

  @Option(help: "samples of a batch")
  var batch = 128

  @Option(help: "threads of each side")
  var threads = 1

  @Option(help: ArgumentHelp("only these peers", valueName: "name,..."), transform: BenchText.list)
  var only: [String] = []

  @Option(help: ArgumentHelp("not these peers", valueName: "name,..."), transform: BenchText.list)
  var skip: [String] = []

  @OptionGroup var measuring: BenchFlags

  func validate() throws {
    try BenchText.check(batch: batch)
    _ = try BenchText.threads("\(threads)")
    guard epsilon > 0, epsilon.isFinite else {
      throw ValidationError("--epsilon: expected a number above 0, got \(epsilon)")
    }
  }

  func run() throws {
    guard Paths.exists(script) else {
      throw CommandError(
        .inputMissing, "'\(script)' is not there; run from the repository's folder, or name the file with --script")
    }
    var comparison = PeerComparison(
      try start(), only: only, skip: skip, threads: threads, repeats: measuring.repeats)
    let load = SystemLoad.now
    if !measuring.json {
      Output.result(
        "\(Kernels.name), batch \(batch), \(threads) \(threads == 1 ? "thread" : "threads"); \(BenchText.load(load))")
    }
    if layers.isEmpty || !shape.isEmpty || !density.isEmpty {
      let workers = Workers(threads: threads)
      for shape in shape.isEmpty ? BenchText.shapes : shape {
        for density in density.isEmpty ? BenchText.densities : density {
          let subject = try LayerCase(shape: shape, density: density, batch: batch, workers: workers)
          show(try comparison.compare(subject), load)
        }
      }
    }
    if !layers.isEmpty || (shape.isEmpty && density.isEmpty) {
      let widths = layers.isEmpty ? [784, 4000, 1000, 4000, 10] : layers
      let subject = try TrainingCase(
        widths: widths, epsilon: epsilon, batch: batch, tiles: PeerComparison.tiles)
      show(try comparison.compare(subject), load)
    }
    if !measuring.json { Output.result("\n" + comparison.report.summaryText) }
    guard comparison.different.isEmpty else {
      throw CommandError(.failed, "other numbers than ours: " + comparison.different.joined(separator: "; "))
    }
  }

  private func start() throws(CommandError) -> PeerSession {
    do {
      return PeerSession(try LineProcess(python, [script, "--threads", "\(threads)"]))
    } catch {
      throw CommandError(error.status, error.description + "; name a Python with --python")
    }
  }

  private func show(_ timings: [PeerTiming], _ load: Double?) {
    if measuring.json {
      for timing in timings { Output.result(timing.json(batch: batch, threads: threads, load: load)) }
    } else if let first = timings.first {
      let share = first.density.map { ", density \(NumberText.percent($0, decimals: 1))" } ?? ""
      Output.result("\n\(first.what)\(share), \(NumberText.grouped(first.connections)) connections")
      Output.result(PeersReport.table(timings))
    }
  }
}
