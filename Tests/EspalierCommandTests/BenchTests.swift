// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier bench`.

import ArgumentParser
import NeuralNetworks
import SparseCore
import Testing
import Training

@testable import EspalierCommand

@Suite("espalier bench")
struct BenchTests {
  private let phase = BenchPhase(name: "p", flops: 2_000_000) {}

  @Test("medians, quartiles and rates follow from the measurements")
  func statistics() throws {
    let timing = Timing(phase: phase, seconds: [0.004, 0.001, 0.002, 0.005, 0.003])
    #expect(timing.median == 0.003 && timing.least == 0.001)
    #expect(timing.middleHalf.low == 0.002 && timing.middleHalf.high == 0.004)
    let report = BenchReport(
      title: "t", connections: 1000, density: 0.1, batch: 4, threads: 1, kernels: "portable", load: 0.5, repeats: 5,
      timings: [timing])
    let json = try #require(report.json["phases"]?.asArray?.first)
    #expect(abs(try #require(json["nanoseconds_per_connection"]?.asDouble) - 3000) < 1e-9)
    #expect(abs(try #require(json["gigaflops"]?.asDouble) - 2e6 / 0.003 / 1e9) < 1e-12)
    let cells = report.text.split(separator: "\n").last?.split(separator: " ")
    #expect(cells == ["p", "3", "ms", "2", "ms", "to", "4", "ms", "3000", "0.7"])
  }

  @Test("phases take turns")
  func turns() {
    nonisolated(unsafe) var order = ""
    let phases = ["a", "b"].map { name in BenchPhase(name: name, flops: 0) { order += name } }
    _ = Stopwatch.measure(phases, repeats: 3)
    let letters = Array(order)
    let changes = zip(letters, letters.dropFirst()).count { $0 != $1 }
    #expect(changes == 7, "a warms up, b warms up, then three times a and b")
  }

  @Test("measures a layer and a network")
  func subjects() throws {
    let workers = Workers(threads: 1)
    let layer = try BenchSubject(widths: [12, 9], density: 0.5, batch: 4, workers: workers)
    #expect(try layer.layerPhases().map(\.name) == ["forward", "backward", "sgd step", "adam step"])
    let network = try BenchSubject(widths: [12, 9, 3], density: 0.5, batch: 4, workers: workers)
    let phases = try network.networkPhases()
    #expect(phases.map(\.name) == ["forward", "backward", "sgd step", "training step"])
    let connections = network.network.connectionCount
    #expect(phases[3].flops == phases[0].flops + phases[1].flops && phases[0].flops == 8 * connections)
    for phase in phases { phase.run() }
  }

  @Test("wrong sizes are usage errors")
  func mistakes() {
    for arguments in [
      ["--shape", "12"], ["--layers", "5"], ["--density", "0"], ["--batch", "0"], ["--repeats", "1"],
    ] {
      #expect(Workplace.status { _ = try BenchCommand.parse(arguments) } == .usage)
    }
  }
}
