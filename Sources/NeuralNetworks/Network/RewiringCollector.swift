// SPDX-License-Identifier: Apache-2.0
// Espalier: catching gradients on their way through an update step.

package import SparseCore
package import SparseTopology

/// Asks an evolution for each sparse layer's rewiring while the layer's activations and gradients are at hand.
///
/// Gradients of layers share two buffers, so a rule that grows by gradient must look while the backward pass is at the
/// layer. One thread runs the pass and calls `collect`, which makes `@unchecked Sendable` sound.
package final class RewiringCollector: @unchecked Sendable {
  private let evolution: Evolution
  private let fraction: Double
  private let random: Random
  /// The proposals, by the ordinal of the sparse layer.
  package private(set) var rewirings: [(ordinal: Int, rewiring: Rewiring)] = []

  package init(evolution: Evolution, fraction: Double, random: Random) {
    self.evolution = evolution
    self.fraction = fraction
    self.random = random
  }

  func collect(
    _ ordinal: Int, _ weight: SparseMatrix, locality: Locality?, input: Activations, outputGradient: Activations,
    workers: Workers
  ) {
    var random = random.split(ordinal)
    let source = GradientSource(input: input, outputGradient: outputGradient, workers: workers)
    let rewiring = evolution.rewiring(
      weights: weight, fraction: fraction, gradients: source, locality: locality, workers: workers, random: &random)
    rewirings.append((ordinal, rewiring))
  }
}
