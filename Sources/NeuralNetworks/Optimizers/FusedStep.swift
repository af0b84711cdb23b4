// SPDX-License-Identifier: Apache-2.0
// Espalier: steps taken during the backward pass.

package import SparseCore

/// A step of plain gradient descent that a layer takes while its gradient is at hand: w -= rate (g + decay w).
///
/// A layer that can take it keeps no gradient of its weights, which saves 4 bytes a connection and a pass over the
/// memory. The bytes are those of the backward pass and the optimizer's step after it.
public struct FusedStep: Sendable, Equatable {
  /// The learning rate.
  public let rate: Float
  /// The L2 factor, for parameters that decay.
  public let decay: Float

  /// Describes a step.
  public init(rate: Float, decay: Float = 0) {
    self.rate = rate
    self.decay = decay
  }

  /// The step of a parameter as the kernels take it.
  package func kernelStep(decays: Bool) -> SGDStep {
    SGDStep(rate: rate, momentum: 0, nesterov: false, decay: decays ? decay : 0, gradientScale: 1)
  }
}

extension Optimizer {
  /// The step that layers may take during the backward pass, nil when this optimizer needs the whole gradient first.
  ///
  /// Momentum, moments and clipping need more than one weight's gradient; plain gradient descent does not.
  ///
  /// - Parameter rate: the factor of the schedule on the learning rate.
  public func fusedStep(rate: Double = 1) -> FusedStep? {
    guard case .sgd(let momentum, _) = rule, momentum == 0, clipping == .none else { return nil }
    return FusedStep(rate: Float(Double(learningRate) * rate), decay: weightDecay)
  }
}
