// SPDX-License-Identifier: Apache-2.0
// Espalier: steps taken during the backward pass.

import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@Suite struct FusedStepTests {
  private static func network(_ site: BirthSite = BirthSite()) throws -> Network {
    try Network(inputs: 6, topology: .uniform(density: 0.5), seed: 3, site: site) {
      WindowedLinear(40, fanIn: 2, window: 4, bias: true)
      Tanh()
      Residual {
        WindowedLinear(40, fanIn: 3, window: 9)
        LeakyReLU(slope: 0.1)
      }
      SparseLinear(20)
      WindowedLinear(5, fanIn: 4, window: 4)
      Linear(3)
    }
  }

  /// Some steps on fixed samples; the parameters after them and the last loss.
  private static func train(
    _ optimizer: Optimizer, samples: Int, fused: Bool, steps: Int = 4
  ) throws -> (network: Network, losses: [Double]) {
    var network = try network()
    let workspace = network.makeWorkspace(batch: samples, training: true)
    var state = OptimizerState(optimizer, for: network)
    let workers = Workers(threads: 1)
    var random = Random(seed: 9)
    for feature in 0..<6 { for sample in 0..<samples { workspace.input[feature, sample] = random.normal() } }
    let targets = TargetBatch(loss: .crossEntropy, outputs: 3, capacity: samples)
    targets.fill(classes: (0..<samples).map { Int32($0 % 3) }, order: Array(0..<samples), range: 0..<samples)
    var losses: [Double] = []
    for _ in 0..<steps {
      let pass = Pass(isTraining: true, workers: workers, random: Random(seed: 1))
      let scores = network.forward(workspace, pass: pass)
      losses.append(
        Loss.crossEntropy.evaluate(
          scores, targets, scale: 1 / Float(samples), gradient: workspace.outputGradient, workers: workers))
      if fused {
        let step = try #require(optimizer.fusedStep())
        network.backward(workspace, pass: pass, taking: step, state: &state)
      } else {
        network.backward(workspace, pass: pass)
      }
      optimizer.step(&network, workspace, &state, workers: workers)
    }
    return (network, losses)
  }

  @Test("a step on the way and a step after have the same bytes", arguments: [1, 7, 20, 70])
  func sameBytes(samples: Int) throws {
    for (momentum, nesterov) in [(0, false), (0.8, false), (0.8, true)] as [(Float, Bool)] {
      let optimizer = Optimizer.sgd(learningRate: 0.03, momentum: momentum, nesterov: nesterov, weightDecay: 0.01)
      let fused = try Self.train(optimizer, samples: samples, fused: true)
      let apart = try Self.train(optimizer, samples: samples, fused: false)
      #expect(fused.losses == apart.losses, "momentum \(momentum)")
      #expect(fused.network.parameters.map(\.bits) == apart.network.parameters.map(\.bits), "momentum \(momentum)")
      #expect(fused.losses[3] < fused.losses[0], "the steps make the loss small: \(fused.losses)")
      #expect(fused.network.parameters.map(\.bits) != (try Self.network()).parameters.map(\.bits))
    }
  }

  @Test("only gradient descent without clipping can be taken on the way")
  func rules() {
    #expect(Optimizer.sgd(learningRate: 0.1, momentum: 0).fusedStep(rate: 0.5) == FusedStep(rate: 0.05))
    #expect(
      Optimizer.sgd(learningRate: 0.1, momentum: 0, weightDecay: 0.2).fusedStep() == FusedStep(rate: 0.1, decay: 0.2))
    #expect(
      Optimizer.sgd(learningRate: 0.1, momentum: 0.9, nesterov: true).fusedStep()
        == FusedStep(rate: 0.1, momentum: 0.9, nesterov: true))
    #expect(Optimizer.sgd(learningRate: 0.1, momentum: 0, clipping: .norm(1)).fusedStep() == nil)
    #expect(Optimizer.adam().fusedStep() == nil && Optimizer.rmsProp().fusedStep() == nil)
  }

  @Test("a copy taken before a step keeps its weights")
  func snapshots() throws {
    var network = try Self.network()
    let before = network
    let bits = before.parameters.map(\.bits)
    let workspace = network.makeWorkspace(batch: 1, training: true)
    let pass = Pass(isTraining: true, workers: Workers(threads: 1), random: Random(seed: 1))
    workspace.input.fill(1)
    network.forward(workspace, pass: pass)
    workspace.outputGradient.fill(1)
    var state = OptimizerState(.sgd(momentum: 0), for: network)
    network.backward(workspace, pass: pass, taking: FusedStep(rate: 0.1), state: &state)
    #expect(before.parameters.map(\.bits) == bits)
    #expect(network.parameters.map(\.bits) != bits)
  }

  @Test("windowed layers learn with momentum too, and are born alike on any number of threads")
  func others() throws {
    let optimizer = Optimizer.adam(learningRate: 0.02)
    let run = try Self.train(optimizer, samples: 6, fused: false, steps: 12)
    #expect(run.losses[11] < 0.6 * run.losses[0], "\(run.losses)")
    let born = try (1...3).map { try Self.network(BirthSite(workers: Workers(threads: $0))).parameters.map(\.bits) }
    #expect(born[0] == born[1] && born[0] == born[2])
    let summary = try Self.network().summary
    #expect(summary.lines[0].kind == "windowed linear" && summary.lines[0].connections == 80)
    #expect(summary.lines[0].bytes == 80 * 6 + 40 * 4 && summary.lines[0].denseConnections == 240)
    #expect(summary.neurons == 6 + 40 + 40 + 20 + 5 + 3)
  }

  @Test("a fan-in beyond the inputs or the window is an error")
  func errors() {
    #expect(throws: TopologyError.fanIn(3, layer: 0, columns: 2)) {
      try Network(inputs: 2) { WindowedLinear(9, fanIn: 3, window: 50) }
    }
    #expect(throws: TopologyError.shape(layer: 0, outputs: 0, inputs: 2, kernel: [])) {
      try Network(inputs: 2) { WindowedLinear(0, fanIn: 1, window: 50) }
    }
  }
}
