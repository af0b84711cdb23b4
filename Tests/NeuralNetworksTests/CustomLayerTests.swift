// SPDX-License-Identifier: Apache-2.0
// Espalier: a layer written by a user, with public names only.

import NeuralNetworks
import SparseCore
import SparseTopology
import Synchronization
import Testing

/// y = factor x, one learned factor a feature.
private struct Scaling: Layer {
  var factor: Vector

  var inputs: Int { factor.count }
  var outputs: Int { factor.count }

  func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace {
    LayerWorkspace(gradientCounts: training ? [inputs] : [], scratchCounts: [1])
  }

  func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    for block in 0..<x.blocks {
      x.withBlock(block) { x in
        y.withMutableBlock(block) { target in
          for index in x.indices { target[index] = factor[index / y.lanes] * x[index] }
        }
      }
    }
  }

  func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass
  ) {
    if !pass.accumulates { workspace.gradients[0].fill(0) }
    for feature in 0..<inputs {
      for sample in 0..<x.samples { workspace.gradients[0][feature] += dy[feature, sample] * x[feature, sample] }
    }
    if let dx { forward(dy, into: dx, workspace: workspace, pass: pass) }
  }

  mutating func visitParameters(_ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void) {
    Parameter.lend("factor", &factor, workspace, 0, decays: true, to: visit)
  }

  mutating func finishPass(_ workspace: LayerWorkspace) { workspace.scratch[0][0] += 1 }
}

@Suite struct CustomLayerTests {
  @Test("a layer of the user's own learns between built-in ones")
  func learns() throws {
    // The target is 3 x on the first feature and -2 x on the second: only the factors can learn it.
    var network = try Network(inputs: 2, seed: 1) {
      Custom { inputs, _ in Scaling(factor: Vector(repeating: 1, count: inputs)) }
    }
    #expect(network.outputs == 2)
    #expect(network.summary.lines.map(\.kind) == ["custom"] && network.summary.parameters == 2)
    let workers = Workers(threads: 1)
    let workspace = network.makeWorkspace(batch: 20, training: true)
    let optimizer = Optimizer.sgd(learningRate: 0.3, momentum: 0)
    var state = OptimizerState(optimizer, for: network)
    let targets = TargetBatch(loss: .meanSquaredError, outputs: 2, capacity: 20)
    var random = Random(seed: 4)
    var table = Matrix(rows: 20, columns: 2)
    for sample in 0..<20 {
      for feature in 0..<2 {
        let x = random.normal()
        workspace.input[feature, sample] = x
        table[sample, feature] = (feature == 0 ? 3 : -2) * x
      }
    }
    targets.fill(values: table, order: Array(0..<20), range: 0..<20, workers: workers)
    var losses: [Double] = []
    for step in 0..<100 {
      let pass = Pass(isTraining: true, workers: workers, random: Random(seed: UInt64(step)))
      let scores = network.forward(workspace, pass: pass)
      losses.append(
        Loss.meanSquaredError.evaluate(
          scores, targets, scale: 1 / 20, gradient: workspace.outputGradient, workers: workers))
      network.backward(workspace, pass: pass)
      optimizer.step(&network, workspace, &state, workers: workers)
      network.finishPass(workspace)
    }
    #expect(losses[0] > 10)
    #expect(losses[99] < 1e-6)
    var factors: [Float] = []
    network.visitParameters(nil) { _, parameter in factors = parameter.values.elements }
    #expect(abs(factors[0] - 3) < 1e-3 && abs(factors[1] + 2) < 1e-3)
  }

  @Test("a custom layer is made once, from a stream of its own")
  func made() throws {
    let counter = Atomic<Int>(0)
    func network(_ seed: UInt64) throws -> Network {
      try Network(inputs: 3, topology: .dense, seed: seed) {
        SparseLinear(4)
        Custom { inputs, random in
          counter.wrappingAdd(1, ordering: .relaxed)
          return Scaling(factor: random.normals(inputs))
        }
        Custom { inputs, random in Scaling(factor: random.normals(inputs)) }
        Linear(2)
      }
    }
    let parameters = try network(1).parameters
    #expect(counter.load(ordering: .relaxed) == 1)
    #expect(parameters[2].bits != parameters[3].bits)
    let again = try network(1).parameters
    #expect(again.map(\.bits) == parameters.map(\.bits))
    let other = try network(2).parameters
    #expect(other[2].bits != parameters[2].bits)
  }

  @Test("a custom layer passes gradients on to the layers before it")
  func passesOn() throws {
    let samples = 19
    var network = try Network(inputs: 3, topology: .dense, seed: 2) {
      SparseLinear(4)
      Custom { inputs, random in Scaling(factor: Vector((0..<inputs).map { _ in random.normal() })) }
      Linear(2)
    }
    var random = Random(seed: 4)
    network.scramble(&random)
    let workspace = network.makeWorkspace(batch: samples, training: true)
    for feature in 0..<3 {
      for sample in 0..<samples { workspace.input[feature, sample] = random.normal() }
    }
    let pass = Pass(isTraining: true, workers: Workers(threads: 1), random: random)
    func sum(_ network: Network) -> Double {
      network.forward(workspace, pass: pass).table.reduce(0) { $0 + $1.reduce(0, +) }
    }
    _ = sum(network)
    workspace.outputGradient.fill(0)
    for output in 0..<2 {
      for sample in 0..<samples { workspace.outputGradient[output, sample] = 1 }
    }
    network.backward(workspace, pass: pass)
    var gradients: [Vector] = []
    network.visitParameters(workspace) { _, parameter in gradients.append(parameter.gradient) }
    for (parameter, element) in [(0, 5), (1, 2), (2, 3), (3, 0), (4, 1)] {
      // The sum is linear in each parameter, so that a long step is exact but for rounding.
      var shifted = network
      shifted.visitParameters(nil) { index, lent in if index == parameter { lent.values[element] += 1 } }
      let difference = sum(shifted) - sum(network)
      #expect(distance([Double(gradients[parameter][element])], [difference]) < 1e-4, "parameter \(parameter)")
    }
  }
}
