// SPDX-License-Identifier: Apache-2.0
// Espalier: topology updates to measure.

internal import NeuralNetworks
internal import SparseCore
internal import SparseTopology

/// A layer whose connections move as in SET: the weights nearest zero go, as many grow at random.
final class TopologyCase {
  private var network: Network
  private var state: OptimizerState
  private var random = Random(seed: 2)
  private let evolution = Evolution.set()

  /// Draws a layer of about `connections`, uniformly at random, with momentum.
  init(shape: LayerShape, connections: Int) throws {
    network = try Network(
      inputs: shape.inputs, topology: .uniform(density: Double(connections) / Double(shape.cells)), seed: 1,
      layers: SparseLinear(shape.outputs, bias: false).descriptions)
    state = OptimizerState(.sgd(momentum: 0.9), for: network)
  }

  /// The layer as it is now.
  var weights: SparseMatrix { network.sparseLayers[0].weight }

  /// What to drop and where to grow.
  func propose() -> Rewiring { evolution.rewiring(weights: weights, fraction: 0.3, random: &random) }

  /// The whole update: proposal, new pattern, weights and momentum carried over, orders rebuilt.
  func update() {
    network.rewire(0, by: propose(), workspace: nil, optimizer: &state)
  }

  /// The proposal alone, and the whole update.
  var phases: [BenchPhase] {
    [
      BenchPhase(name: "propose", flops: 0) { _ = self.propose() },
      BenchPhase(name: "whole update", flops: 0) { self.update() },
    ]
  }
}
