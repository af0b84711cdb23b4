// SPDX-License-Identifier: Apache-2.0
// Espalier: topology updates to measure.

internal import SparseCore
internal import SparseTopology

/// A layer whose connections move as in SET: the weights nearest zero go, as many grow at random.
final class TopologyCase {
  private(set) var weights: SparseMatrix
  private var momentum: Vector
  private var random = Random(seed: 2)
  private let evolution = Evolution.set()

  /// Draws a layer of `connections`, uniformly at random.
  init(shape: LayerShape, connections: Int) throws {
    var random = Random(seed: 1)
    let pattern = try Topology.erdosRenyi(density: 1).pattern(shape, count: connections, random: &random)
    var values = Vector(count: connections)
    values.write { values in
      for position in 0..<connections { values[position] = random.normal() }
    }
    weights = SparseMatrix(pattern: pattern, values: values)
    momentum = Vector(count: connections)
  }

  /// The whole update: proposal, new pattern, weights and momentum carried over, orders rebuilt.
  func update() {
    let rewiring = evolution.rewiring(weights: weights, fraction: 0.3, random: &random)
    let rewired = rewiring.apply(to: weights.pattern)
    weights.replace(pattern: rewired.pattern, values: rewired.carry(weights.values, newborn: 0))
    momentum = rewired.carry(momentum, newborn: 0)
  }

  /// The proposal alone, and the whole update.
  var phases: [BenchPhase] {
    [
      BenchPhase(name: "propose", flops: 0) {
        var random = self.random
        _ = self.evolution.rewiring(weights: self.weights, fraction: 0.3, random: &random)
      },
      BenchPhase(name: "whole update", flops: 0) { self.update() },
    ]
  }
}
