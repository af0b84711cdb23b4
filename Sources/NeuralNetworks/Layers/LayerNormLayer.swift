// SPDX-License-Identifier: Apache-2.0
// Espalier: layer normalisation.

public import SparseCore

/// y = scale (x - mean) / √(variance + ε) + shift, with the moments of each sample over its features.
///
/// Source: J. Ba, J. Kiros, G. Hinton, *Layer Normalization*, 2016, arXiv 1607.06450.
public struct LayerNormLayer: Layer, Equatable {
  /// Learned factor, `[features]`.
  public internal(set) var scale: Vector
  /// Learned offset, `[features]`.
  public internal(set) var shift: Vector
  /// Keeps the root away from 0; above 0.
  public let epsilon: Float

  /// Starts with scale 1 and shift 0.
  ///
  /// - Precondition: `epsilon` > 0, since the padding of a batch has no variance.
  public init(features: Int, epsilon: Float = 1e-5) {
    precondition(epsilon > 0 && epsilon.isFinite, "layer norm: expected an epsilon above 0, got \(epsilon)")
    scale = Vector(repeating: 1, count: features)
    shift = Vector(count: features)
    self.epsilon = epsilon
  }

  /// Takes learned vectors from a file.
  package init(scale: Vector, shift: Vector, epsilon: Float) {
    precondition(epsilon > 0 && epsilon.isFinite, "layer norm: expected an epsilon above 0, got \(epsilon)")
    self.scale = scale
    self.shift = shift
    self.epsilon = epsilon
  }

  /// Features in.
  public var inputs: Int { scale.count }
  /// Features out.
  public var outputs: Int { scale.count }
  /// Whether the backward pass may write over the gradient it reads.
  public var gradientInPlace: Bool { true }

  /// Makes the memory of a pass, see ``Layer/makeWorkspace(capacity:training:)``.
  public func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace {
    let lanes = Activations.lanes(for: capacity)
    let padded = (capacity + lanes - 1) / lanes * lanes
    return LayerWorkspace(
      gradientCounts: training ? [inputs, inputs] : [], scratchCounts: [padded, padded])
  }

  /// Writes the outputs, see ``Layer/forward(_:into:workspace:pass:)``.
  public func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    var means = emptyVector
    swap(&means, &workspace.scratch[0])
    Kernels.normalizeSamples(
      x, into: y, scale: scale, shift: shift, epsilon: epsilon, means: &means,
      inverses: &workspace.scratch[1], workers: pass.workers)
    swap(&means, &workspace.scratch[0])
  }

  /// Writes the gradients, see ``Layer/backward(_:input:output:into:workspace:pass:)``.
  public func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass
  ) {
    Kernels.normalizeSamplesScaleGradient(
      dy, input: x, means: workspace.scratch[0], inverses: workspace.scratch[1],
      into: &workspace.gradients[0], accumulate: pass.accumulates, workers: pass.workers)
    Kernels.rowSums(
      dy, into: &workspace.gradients[1], accumulate: pass.accumulates, workers: pass.workers)
    guard let dx else { return }
    Kernels.normalizeSamplesGradient(
      dy, input: x, into: dx, scale: scale, means: workspace.scratch[0],
      inverses: workspace.scratch[1], workers: pass.workers)
  }

  /// Shows its parameters, see ``Layer/visitParameters(_:_:)``.
  public mutating func visitParameters(
    _ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void
  ) {
    Parameter.lend("scale", &scale, workspace, 0, to: visit)
    Parameter.lend("shift", &shift, workspace, 1, to: visit)
  }
}
