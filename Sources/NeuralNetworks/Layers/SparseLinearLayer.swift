// SPDX-License-Identifier: Apache-2.0
// Espalier: the truly sparse layer.

public import SparseCore
public import SparseTopology

/// y = W x + b, where W holds only the connections that exist.
///
/// Forward, for output *i*: y_i = b_i + Σ_(j in row i) w_ij x_j. Backward: dw_ij = Σ_samples dy_i x_j for the existing
/// connections only, dx_j = Σ_i w_ij dy_i, db_i = Σ_samples dy_i. Time and memory follow the number of connections.
public struct SparseLinearLayer: Layer, Equatable {
  /// The connections and their weights, `[outputs, inputs]`.
  public internal(set) var weight: SparseMatrix
  /// One bias an output; nil for a layer without.
  public internal(set) var bias: Vector?
  /// Which of the network's sparse layers this is, from 0.
  public internal(set) var ordinal: Int
  /// Where connections may grow; nil: everywhere.
  public let locality: Locality?

  /// Joins a weight and a bias.
  ///
  /// - Parameter locality: where connections may grow; nil: everywhere.
  public init(weight: SparseMatrix, bias: Vector?, ordinal: Int = 0, locality: Locality? = nil) {
    precondition(
      bias.map { $0.count == weight.rows } ?? true, "one bias for each of \(weight.rows) outputs")
    self.weight = weight
    self.bias = bias
    self.ordinal = ordinal
    self.locality = locality
  }

  /// Features in.
  public var inputs: Int { weight.columns }
  /// Features out.
  public var outputs: Int { weight.rows }

  /// Makes the memory of a pass, see ``Layer/makeWorkspace(capacity:training:)``.
  ///
  /// The first gradient is in the weight's stored order; where the step can be taken in the backward pass, the first
  /// pass that needs it makes it. The scratch takes the second half of a batch's gradient.
  public func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace {
    guard training else { return LayerWorkspace() }
    let count = SparseMatrix.canStepBackward(capacity: capacity) ? 0 : weight.count
    return LayerWorkspace(
      gradientCounts: [count] + (bias.map { [$0.count] } ?? []),
      scratchCounts: [weight.partialCount(capacity: capacity)])
  }

  /// Writes the outputs, see ``Layer/forward(_:into:workspace:pass:)``.
  public func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    forward(x, into: y, rectifies: false, workspace: workspace, pass: pass)
  }

  /// As `forward`, with a ReLU on the way out when it `rectifies`.
  func forward(_ x: Activations, into y: Activations, rectifies: Bool, workspace: LayerWorkspace, pass: Pass) {
    weight.forward(
      x, narrow: workspace.narrowed(input: x, pass), bias: bias, into: y, rectifies: rectifies, workers: pass.workers)
  }

  /// Writes the gradients, see ``Layer/backward(_:input:output:into:workspace:pass:)``.
  public func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass
  ) {
    backward(dy, input: x, into: dx, masksInput: false, workspace: workspace, pass: pass)
  }

  /// As `backward`, and when it `masksInput`, back through the ReLU that made `x` as well.
  func backward(
    _ dy: Activations, input x: Activations, into dx: Activations?, masksInput: Bool, workspace: LayerWorkspace,
    pass: Pass
  ) {
    pass.show(
      ordinal, weight, locality: locality, GradientSource(input: x, outputGradient: dy, workers: pass.workers))
    if pass.skipsParameters, let dx {
      weight.inputGradient(
        input: x, outputGradient: dy, narrow: workspace.narrowed(outputGradient: dy, pass), into: dx,
        masksInput: masksInput, scratch: &workspace.gradients[0], workers: pass.workers)
      return
    }
    if workspace.gradients[0].count != weight.count { workspace.gradients[0] = Vector(count: weight.count) }
    weight.backward(
      input: x, outputGradient: dy, narrow: workspace.narrowed(outputGradient: dy, pass), inputGradient: dx,
      masksInput: masksInput, gradient: &workspace.gradients[0], partial: &workspace.scratch[0],
      accumulate: pass.accumulates, workers: pass.workers)
    sumBias(dy, workspace, pass)
  }

  /// As `backward`, but changes the weights at once; the optimizer passes them over, since no gradient is left.
  mutating func backward(
    _ dy: Activations, input x: Activations, into dx: Activations?, masksInput: Bool, workspace: LayerWorkspace,
    pass: Pass, taking step: FusedStep
  ) {
    if workspace.gradients[0].count > 0 { workspace.gradients[0] = emptyVector }
    weight.backward(
      stepping: step.kernelStep(decays: true), momentum: &workspace.momentum, input: x, outputGradient: dy,
      narrow: workspace.narrowed(outputGradient: dy, pass), inputGradient: dx, masksInput: masksInput,
      workers: pass.workers)
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
    Parameter.lend("weight", &weight.storedValues, workspace, 0, decays: true, isSparse: true, to: visit)
    guard var lent = bias else { return }
    bias = nil
    Parameter.lend("bias", &lent, workspace, 1, to: visit)
    bias = lent
  }
}
