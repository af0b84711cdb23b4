// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier bench kernels.

internal import ArgumentParser
internal import Datasets
internal import SparseCore
internal import SparseTopology
internal import Training

/// Measures single sparse layers and their topology updates.
struct BenchKernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Single sparse layers: forward, backward, update, batch 1, and topology updates.",
    discussion: """
      Without --shape, --density or --parts: the whole grid, then the layers of the first shape with batch 1, then \
      topology updates. Nanoseconds are those of one connection, with batches above 1 those of one connection and 128 \
      samples. 'of peak' is the share of the multiply-adds that this machine can do; 'of roof' the share of what its \
      second cache can feed in rows of 256 bytes, or of the peak where that is less (more than all of it can be had, \
      when rows come out of the first cache). Both are measured in turn with each layer.

        espalier bench kernels --shape 1024x784 --density 0.1 --threads 2
        espalier bench kernels --parts topology
        espalier bench kernels --roofline roofline.svg
      """)

  /// What can be measured.
  enum Part: String, CaseIterable { case layers, single, topology }

  @Option(
    help: ArgumentHelp("layers, outputs x inputs (default: 1024x784,4000x1000,4096x4096)", valueName: "OUTxIN,..."),
    transform: BenchText.shapes)
  var shape: [LayerShape] = []

  @Option(
    help: ArgumentHelp("shares that exist (default: 0.2,0.1,0.05,0.02,0.01)", valueName: "share,..."),
    transform: BenchText.densities)
  var density: [Double] = []

  @Option(help: "samples of a batch")
  var batch = 128

  @Option(help: "threads")
  var threads = 1

  @Option(
    help: ArgumentHelp("what to measure: layers, single (batch 1), topology", valueName: "part,..."),
    transform: parts)
  var parts: [Part] = []

  @Option(help: ArgumentHelp("draw the layers under the machine's roofs into an SVG file", valueName: "file"))
  var roofline: String?

  @OptionGroup var measuring: BenchFlags

  func validate() throws {
    try BenchText.check(batch: batch)
    _ = try BenchText.threads("\(threads)")
    guard roofline == nil || chosen.contains(.layers) else {
      throw ValidationError("--roofline draws the part 'layers': leave --parts out, or add it")
    }
  }

  /// The parts to measure: what was asked for, or all of the grid, or only the layers of one case.
  var chosen: [Part] {
    parts.isEmpty ? shape.isEmpty && density.isEmpty ? Part.allCases : [.layers] : parts
  }

  func run() throws {
    let load = SystemLoad.now
    let workers = Workers(threads: threads)
    let probe = CeilingProbe(threads: threads, workers: workers)
    let roofs = chosen == [.topology] ? [] : probe.measure(probe.roofs, repeats: measuring.repeats)
    let yardsticks = probe.yardsticks
    if !measuring.json {
      Output.result("\(Kernels.name), \(threads) \(threads == 1 ? "thread" : "threads"); \(BenchText.load(load))")
      for roof in roofs {
        Output.result("\(roof.name): \(NumberText.significant(roof.sample.median, digits: 3)) \(roof.unit.rawValue)")
      }
    }
    let shapes = shape.isEmpty ? BenchText.shapes : shape
    let densities = density.isEmpty ? BenchText.densities : density
    var report = KernelsReport(roofs: roofs, threads: threads, load: load, json: measuring.json)
    if chosen.contains(.layers) {
      report.begin("layers, batch \(batch)")
      for shape in shapes {
        for density in densities { try measure(shape, density, batch: batch, workers, yardsticks, &report) }
      }
    }
    if chosen.contains(.single) {
      report.begin("batch 1")
      for density in densities { try measure(shapes[0], density, batch: 1, workers, yardsticks, &report) }
    }
    if chosen.contains(.topology) { try measureTopology(&report) }
    if let roofline {
      let team = threads == 1 ? "one thread" : "\(threads) threads"
      try OutputFile.write(report.roofline(title: "Sparse layers, batch \(batch), \(team)"), to: roofline)
      Output.talk("wrote \(roofline)")
    }
  }

  private func measure(
    _ shape: LayerShape, _ density: Double, batch: Int, _ workers: Workers, _ yardsticks: [CeilingPhase],
    _ report: inout KernelsReport
  ) throws {
    let subject = try LayerCase(shape: shape, density: density, batch: batch, workers: workers)
    let phases = subject.phases
    let samples = Stopwatch(threads: threads).measure(
      phases + yardsticks.map(\.phase), repeats: measuring.repeats)
    let ceilings = zip(yardsticks, samples.suffix(yardsticks.count)).map { $0.ceiling($1).sample.median }
    for (phase, sample) in zip(phases, samples) {
      report.add(
        KernelTiming(
          shape: shape, density: density, batch: batch, connections: subject.connections, phase: phase.name,
          flops: phase.flops, sample: sample, peak: ceilings[0], bandwidth: ceilings[1]))
    }
  }

  private func measureTopology(_ report: inout KernelsReport) throws {
    report.begin("topology update: SET drops 30 % and grows as many; one thread")
    for (count, side) in [(100_000, 1000), (1_000_000, 4000), (10_000_000, 16_000)] {
      let shape = LayerShape(outputs: side, inputs: side)
      let phases = try TopologyCase(shape: shape, connections: count).phases
      let samples = Stopwatch(threads: 1).measure(phases, repeats: max(3, min(measuring.repeats, 5)))
      for (phase, sample) in zip(phases, samples) {
        report.add(
          KernelTiming(
            shape: shape, density: Double(count) / Double(shape.cells), batch: 1, connections: count,
            phase: phase.name, flops: 0, sample: sample))
      }
    }
  }

  private static func parts(_ text: String) throws -> [Part] {
    try BenchText.list(text).map { name in
      guard let part = Part(rawValue: name) else {
        throw ValidationError("--parts: expected layers, single or topology, got '\(text)'")
      }
      return part
    }
  }
}
