// SPDX-License-Identifier: Apache-2.0
// Espalier: dropout.

public import SparseCore

/// While training, sets each value to 0 with probability `rate` and divides the others by 1 - rate; else does nothing.
///
/// Which values are dropped is a hash of (step, layer, feature, sample): the backward pass computes the mask again
/// instead of storing it, and the mask does not depend on threads.
///
/// Source: N. Srivastava et al., *Dropout*, JMLR 15, 2014; the inverted form.
public struct DropoutLayer: Layer, Equatable {
  /// Features in.
  public let inputs: Int
  /// The probability of 0, in [0, 1).
  public let rate: Float
  /// Tells this layer's masks from those of others.
  public internal(set) var ordinal: Int

  /// Drops values of `features` features.
  public init(features: Int, rate: Float, ordinal: Int) {
    precondition(rate >= 0 && rate < 1, "a dropout rate in [0, 1), got \(rate)")
    inputs = features
    self.rate = rate
    self.ordinal = ordinal
  }

  /// Features out.
  public var outputs: Int { inputs }
  /// Whether the backward pass may write over the gradient it reads.
  public var gradientInPlace: Bool { true }

  /// Makes the memory of a pass, see ``Layer/makeWorkspace(capacity:training:)``.
  public func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace { LayerWorkspace() }

  /// Writes the outputs, see ``Layer/forward(_:into:workspace:pass:)``.
  public func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    Kernels.dropout(
      x, into: y, rate: pass.isTraining ? rate : 0, key: pass.random.split(ordinal).key,
      workers: pass.workers)
  }

  /// Writes the gradients, see ``Layer/backward(_:input:output:into:workspace:pass:)``.
  public func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass
  ) {
    guard let dx else { return }
    Kernels.dropout(
      dy, into: dx, rate: rate, key: pass.random.split(ordinal).key, workers: pass.workers)
  }

  /// Shows its parameters, see ``Layer/visitParameters(_:_:)``.
  public mutating func visitParameters(
    _ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void
  ) {}
}
