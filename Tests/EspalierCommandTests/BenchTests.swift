// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier bench`.

import ArgumentParser
import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing
import Training

@testable import EspalierCommand

@Suite("espalier bench")
struct BenchTests {
  @Test("medians and quantiles lie between their neighbours by distance")
  func quantiles() {
    let odd = Sample([4, 1, 2, 5, 3])
    #expect(odd.median == 3 && odd.low == 2 && odd.high == 4 && odd.least == 1)
    let even = Sample([1, 2, 3, 10])
    #expect(even.median == 2.5 && even.low == 1.75 && even.high == 4.75 && even.quantile(1) == 10)
    #expect(Sample([]).median == 0 && Sample([7]).median == 7)
  }

  @Test("the fitted exponent is that of a power law, and none for one size")
  func exponents() throws {
    let sizes = [1.0, 4, 16, 64]
    #expect(abs(try #require(PowerLaw.exponent(sizes.map { (x: $0, y: 3 * $0.squareRoot()) })) - 0.5) < 1e-12)
    #expect(abs(try #require(PowerLaw.exponent(sizes.map { (x: $0, y: 3 * $0 * $0) })) - 2) < 1e-12)
    #expect(PowerLaw.exponent([(10, 1)]) == nil && PowerLaw.exponent([(10, 1), (10, 2)]) == nil)
    #expect(abs(try #require(PowerLaw.exponent([(1, 1), (2, 3), (4, 4)])) - 1) < 1e-12, "least squares, by hand")
  }

  @Test("phases take turns")
  func turns() {
    nonisolated(unsafe) var order = ""
    let phases = ["a", "b"].map { name in BenchPhase(name: name, flops: 0) { order += name } }
    var watch = Stopwatch(threads: 1)
    watch.shortest = 0
    let samples = watch.measure(phases, repeats: 3)
    #expect(order == "aaa" + "bbb" + "ababab", "each warms up, then three turns of one run")
    #expect(samples.count == 2)
  }

  @Test("nanoseconds are those of 128 samples, and shares those of the ceilings")
  func rates() throws {
    let report = KernelsReport(roofs: [], threads: 1, load: 0.5, json: true)
    let timing = KernelTiming(
      shape: LayerShape(outputs: 10, inputs: 20), density: 0.5, batch: 64, connections: 100, phase: "forward",
      flops: 2 * 100 * 64, sample: Sample([1e-6]), peak: 100, bandwidth: 80)
    #expect(abs(timing.nanoseconds - 20) < 1e-9)
    #expect(abs(try #require(timing.gigaflops) - 12.8) < 1e-9)
    #expect(abs(try #require(timing.roof) - 40) < 1e-9, "half an operation a byte")
    let object = report.object(timing)
    #expect(abs(try #require(object["share_of_peak"]?.asDouble) - 0.128) < 1e-12)
    #expect(abs(try #require(object["share_of_roof"]?.asDouble) - 0.32) < 1e-12)
    #expect(
      report.cells(timing) == ["10x20", "50.0 %", "forward", "1 µs", "1 µs to 1 µs", "20", "12.8", "13 %", "32 %"])
    let single = KernelTiming(
      shape: timing.shape, density: 0.5, batch: 1, connections: 100, phase: "update", flops: 0, sample: Sample([1e-6]))
    #expect(abs(single.nanoseconds - 10) < 1e-9 && single.gigaflops == nil && single.roof == nil)
  }

  @Test("a layer's phases count 2 operations a connection and sample forward and 4 backward")
  func layer() throws {
    let subject = try LayerCase(
      shape: LayerShape(outputs: 9, inputs: 12), density: 0.5, batch: 4, workers: Workers(threads: 1))
    let phases = subject.phases
    #expect(phases.map(\.name) == ["forward", "backward", "fwd+bwd", "update", "bwd + sgd"])
    #expect(phases.map(\.flops) == [8 * 54, 16 * 54, 24 * 54, 0, 16 * 54] && subject.connections == 54)
    for phase in phases { phase.run() }
    #expect((0..<9).contains { subject.output[$0, 0] != 0 } && (0..<12).contains { subject.inputGradient[$0, 3] != 0 })
    let large = try LayerCase(
      shape: LayerShape(outputs: 9, inputs: 12), density: 0.5, batch: 65, workers: Workers(threads: 1))
    #expect(large.phases.count == 4, "a step in the backward pass is for one block")
  }

  @Test("a topology update keeps the count and moves connections")
  func topology() throws {
    let subject = try TopologyCase(shape: LayerShape(outputs: 20, inputs: 30), connections: 100)
    let before = subject.weights.pattern
    for phase in subject.phases { phase.run() }
    #expect(subject.weights.count == 100 && subject.weights.pattern != before)
  }

  @Test("a training case is one network on a tiled batch, and its steps count on")
  func training() throws {
    let subject = try TrainingCase(widths: [12, 9, 3], epsilon: 2, batch: 4, tiles: 3)
    #expect(subject.connections == 42 + 24 && subject.samples.count == 12 && subject.oneBatch.count == 4)
    #expect(subject.samples.features.row(5) == subject.oneBatch.features.row(1))
    let session = try subject.session(threads: 1)
    for _ in 0..<4 { #expect(session.step().loss.isFinite) }
    #expect(session.progress.step == 4 && session.progress.epoch == 1)
  }

  @Test("ceilings are positive and named by what they read")
  func ceilings() {
    let probe = CeilingProbe(threads: 2, workers: Workers(threads: 2))
    let names = ["multiply-add", "rows of 256 B, L2"]
    let ceilings = probe.measure(probe.yardsticks, repeats: 3)
    #expect(ceilings.map(\.name) == names && ceilings.allSatisfy { $0.sample.median > 0 })
    let phase = CeilingPhase(name: "n", unit: .gigabytes, units: 6) {}
    #expect(phase.ceiling(Sample([2, 3, 4])).sample.median == 2, "units over seconds")
  }

  @Test("the scale grows tenfold, and its children's answers are read back")
  func scale() throws {
    #expect(try BenchScaleCommand.parse(["--from", "1e4", "--to", "3e6"]).sizes == [10_000, 100_000, 1_000_000])
    let timing = try ScaleCase(connections: 1000).measure(repeats: 3)
    #expect(timing.connections == 20 * (2 * 20 + 10))
    #expect(try ScaleCase(connections: 5000, window: 30).measure(repeats: 3).connections == 20 * (2 * 120 + 10))
    #expect(ScaleTiming(timing.json) == timing && ScaleTiming(.object([])) == nil)
    #expect(SystemMemory.available(in: "MemTotal: 9 kB\nMemAvailable:   12 kB\n") == 12_288)
    #expect(SystemMemory.available(in: "MemTotal: 9 kB\n") == nil)
    #expect(ScaleCase.estimate(connections: 1_000_000) > 40_000_000)
  }

  @Test("bench alone measures kernels, and one case leaves out the rest of the grid")
  func parts() throws {
    #expect(try EspalierCommand.parseAsRoot(["bench"]) is BenchKernelsCommand)
    #expect(try EspalierCommand.parseAsRoot(["bench", "--shape", "8x4"]) is BenchKernelsCommand)
    #expect(try BenchKernelsCommand.parse([]).chosen == [.layers, .single, .topology])
    #expect(try BenchKernelsCommand.parse(["--density", "0.1"]).chosen == [.layers])
    let two = try BenchKernelsCommand.parse(["--shape", "8x4", "--parts", "single,topology"])
    #expect(two.chosen == [.single, .topology])
    let shapes = try BenchKernelsCommand.parse(["--shape", "8x4,3x2"]).shape
    #expect(shapes == [LayerShape(outputs: 8, inputs: 4), LayerShape(outputs: 3, inputs: 2)])
  }

  @Test("wrong sizes are usage errors")
  func mistakes() {
    for arguments in [
      ["--shape", "12"], ["--shape", "12x"], ["--shape", "1x2x3"], ["--density", "0"], ["--density", "0.1,2"],
      ["--batch", "0"], ["--repeats", "1"], ["--threads", "0"], ["--parts", "layer"],
      ["--parts", "single", "--roofline", "x.svg"],
    ] {
      #expect(Workplace.status { _ = try BenchKernelsCommand.parse(arguments) } == .usage, "\(arguments)")
    }
    for arguments in [["--layers", "5"], ["--threads", "1,x"], ["--epsilon", "0"], ["--layers", "5-0-2"]] {
      #expect(Workplace.status { _ = try BenchTrainingCommand.parse(arguments) } == .usage, "\(arguments)")
    }
    for arguments in [["--from", "1e7", "--to", "1e6"], ["--to", "ten"], ["--from", "10"], ["--window", "3"]] {
      #expect(Workplace.status { _ = try BenchScaleCommand.parse(arguments) } == .usage, "\(arguments)")
    }
  }
}
