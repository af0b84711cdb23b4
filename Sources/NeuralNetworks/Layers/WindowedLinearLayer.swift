// SPDX-License-Identifier: Apache-2.0
// Espalier: the layer of very many neurons.

public import SparseCore

/// y = W x + b, where every neuron has the same few inputs near its own place: a locally connected layer, for giants.
///
/// Forward, for output *i* at place c(i): y_i = b_i + Σ_k w_ik x_(c(i) + o_ik), with offsets *o* of 16 bits. Backward as in
/// ``SparseLinearLayer``. A connection takes 6 bytes; with ``FusedStep`` its gradient takes none. The connections do not
/// change: no evolution rewires this layer.
public struct WindowedLinearLayer: Layer, Equatable {
  /// The connections and their weights, `[outputs, inputs]`.
  public internal(set) var weight: WindowedMatrix
  /// One bias an output; nil for a layer without.
  public internal(set) var bias: Vector?

  /// Joins a weight and a bias.
  public init(weight: WindowedMatrix, bias: Vector?) {
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
  ///
  /// The gradient of the weights is made by the first backward pass that needs it.
  public func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace {
    LayerWorkspace(gradientCounts: training ? [0] + (bias.map { [$0.count] } ?? []) : [])
  }

  /// Writes the outputs, see ``Layer/forward(_:into:workspace:pass:)``.
  public func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    weight.forward(x, bias: bias, into: y, workers: pass.workers)
  }

  /// Writes the gradients, see ``Layer/backward(_:input:output:into:workspace:pass:)``.
  public func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass
  ) {
    if workspace.gradients[0].count != weight.count { workspace.gradients[0] = Vector(count: weight.count) }
    weight.backward(
      input: x, outputGradient: dy, inputGradient: dx, gradient: &workspace.gradients[0],
      accumulate: pass.accumulates, workers: pass.workers)
    sumBias(dy, workspace, pass)
  }

  /// Changes the weights by their gradients and writes those of the bias and, when asked, of the inputs.
  ///
  /// No gradient of the weights is left: the optimizer passes them over.
  mutating func backward(
    _ dy: Activations, input x: Activations, into dx: Activations?, workspace: LayerWorkspace, pass: Pass,
    taking step: FusedStep
  ) {
    if workspace.gradients[0].count > 0 { workspace.gradients[0] = emptyVector }
    weight.backward(
      input: x, outputGradient: dy, inputGradient: dx, taking: step.kernelStep(decays: true), workers: pass.workers)
    sumBias(dy, workspace, pass)
  }

  private func sumBias(_ dy: Activations, _ workspace: LayerWorkspace, _ pass: Pass) {
    guard bias != nil else { return }
    Kernels.rowSums(dy, into: &workspace.gradients[1], accumulate: pass.accumulates, workers: pass.workers)
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
