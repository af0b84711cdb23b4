// SPDX-License-Identifier: Apache-2.0
// Espalier: the dense layer, for outputs and for comparison.

public import SparseCore

/// y = W x + b with every connection: the dense baseline, and small output layers.
///
/// Forward: y = W x + b. Backward: dW = dy xᵀ, dx = Wᵀ dy, db = Σ_samples dy.
public struct LinearLayer: Layer, Equatable {
  /// The weights, `[outputs, inputs]`.
  public internal(set) var weight: Matrix
  /// One bias an output; nil for a layer without.
  public internal(set) var bias: Vector?

  /// Joins a weight and a bias.
  public init(weight: Matrix, bias: Vector?) {
    precondition(
      bias.map { $0.count == weight.rows } ?? true, "one bias for each of \(weight.rows) outputs")
    self.weight = weight
    self.bias = bias
  }

  /// Features in.
  public var inputs: Int { weight.columns }
  /// Features out.
  public var outputs: Int { weight.rows }

  /// Makes the memory of a pass, see ``Layer/makeWorkspace(capacity:training:)``.
  public func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace {
    LayerWorkspace(
      gradientCounts: training ? [weight.values.count] + (bias.map { [$0.count] } ?? []) : [])
  }

  /// Writes the outputs, see ``Layer/forward(_:into:workspace:pass:)``.
  public func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    Kernels.denseForward(weights: weight, bias: bias, x, into: y, workers: pass.workers)
  }

  /// Writes the gradients, see ``Layer/backward(_:input:output:into:workspace:pass:)``.
  public func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass
  ) {
    if !pass.skipsParameters {
      Kernels.denseWeightGradient(
        input: x, outputGradient: dy, into: &workspace.gradients[0], accumulate: pass.accumulates,
        workers: pass.workers)
    }
    if bias != nil, !pass.skipsParameters {
      Kernels.rowSums(
        dy, into: &workspace.gradients[1], accumulate: pass.accumulates, workers: pass.workers)
    }
    if let dx { Kernels.denseInputGradient(weights: weight, dy, into: dx, workers: pass.workers) }
  }

  /// Shows its parameters, see ``Layer/visitParameters(_:_:)``.
  public mutating func visitParameters(
    _ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void
  ) {
    Parameter.lend("weight", &weight.values, workspace, 0, decays: true, to: visit)
    guard var lent = bias else { return }
    bias = nil
    Parameter.lend("bias", &lent, workspace, 1, to: visit)
    bias = lent
  }
}
