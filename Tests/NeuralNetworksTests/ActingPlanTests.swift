// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of networks laid out for acting.

import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@Suite("Networks laid out for acting")
struct ActingPlanTests {
  private func networks() throws -> [Network] {
    var networks: [Network] = []
    for (seed, topology) in [
      Topology.erk(density: 0.1), .erdosRenyi(epsilon: 3), .uniform(density: 0.5), .dense, .fixedFanIn(3),
    ].enumerated() {
      networks.append(
        try Network(inputs: 17, topology: topology, seed: UInt64(seed)) {
          SparseLinear(64)
          ReLU()
          SparseLinear(70)
          Tanh()
          SparseLinear(33, bias: false)
          LeakyReLU(slope: 0.2)
          SparseLinear(5)
        })
      networks.append(
        try Network(inputs: 3, topology: topology, seed: UInt64(seed)) {
          SparseLinear(20)
          GELU()
          Linear(31)
          ReLU()
          Dropout(0.3)
          Linear(4, bias: false)
        })
    }
    networks.append(try Network(inputs: 4, topology: .dense, seed: 1) { Linear(2) })
    return networks
  }

  @Test("a plan gives what the layers give")
  func equal() throws {
    let workers = Workers(threads: 1)
    for network in try networks() {
      let plan = try #require(network.actingPlan())
      var random = Random(seed: 3)
      for _ in 0..<20 {
        let numbers = (0..<network.inputs).map { _ in 2 * random.normal() }
        let table = Matrix(rows: 1, columns: network.inputs, values: Vector(numbers))
        let wanted = network.predict(table, workers: workers).row(0)
        var got = [Float](repeating: 9, count: network.outputs)
        var span = got.mutableSpan
        plan.run(numbers.span, into: &span)
        for (one, other) in zip(wanted, got) { #expect(abs(one - other) <= 1e-5 * max(1, abs(one))) }
      }
    }
  }

  @Test("a plan is a snapshot: later changes of the network do not reach it")
  func snapshot() throws {
    var network = try Network(inputs: 4, topology: .dense, seed: 1) { SparseLinear(3) }
    let plan = try #require(network.actingPlan())
    let numbers: [Float] = [1, 2, 3, 4]
    var (first, second) = ([Float](repeating: 0, count: 3), [Float](repeating: 0, count: 3))
    do {
      var span = first.mutableSpan
      plan.run(numbers.span, into: &span)
    }
    network.scaleLastWeight(by: 0)
    do {
      var span = second.mutableSpan
      plan.run(numbers.span, into: &span)
    }
    #expect(first == second && first.contains { $0 != 0 })
  }

  @Test("layers that look at all features at once have no plan")
  func others() throws {
    let network = try Network(inputs: 4, topology: .dense, seed: 1) {
      SparseLinear(3)
      LayerNorm()
    }
    #expect(network.actingPlan() == nil)
  }
}
