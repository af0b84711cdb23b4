// SPDX-License-Identifier: Apache-2.0
// Espalier: the learned activation of the SET paper.

public import SparseCore

/// The S-shaped rectifier: straight between two learned knees, with learned slopes outside them, for each neuron.
///
/// Starts as a leaky rectifier: left knee 0 with slope 0.2, right knee 1 with slope 1.
///
/// Source: X. Jin et al., *Deep Learning with S-shaped Rectified Linear Activation Units*, AAAI 2016, equation 1,
/// arXiv 1512.07030. The authors freeze the slopes for the first epochs; here they learn from the first step.
public struct SReLULayer: Layer, Equatable {
  package var shape: SReLUShape

  /// Makes one rectifier for each of `features` features.
  public init(features: Int) {
    shape = SReLUShape(
      left: Vector(count: features), leftSlope: Vector(repeating: 0.2, count: features),
      right: Vector(repeating: 1, count: features), rightSlope: Vector(repeating: 1, count: features))
  }

  /// Takes learned vectors from a file.
  package init(shape: SReLUShape) {
    self.shape = shape
  }

  /// Features in.
  public var inputs: Int { shape.left.count }
  /// Features out.
  public var outputs: Int { inputs }
  /// Whether the backward pass may write over the gradient it reads.
  public var gradientInPlace: Bool { true }

  /// Makes the memory of a pass, see ``Layer/makeWorkspace(capacity:training:)``.
  public func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace {
    LayerWorkspace(gradientCounts: training ? [inputs, inputs, inputs, inputs] : [])
  }

  /// Writes the outputs, see ``Layer/forward(_:into:workspace:pass:)``.
  public func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    Kernels.srelu(x, into: y, shape: shape, workers: pass.workers)
  }

  /// Writes the gradients, see ``Layer/backward(_:input:output:into:workspace:pass:)``.
  public func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass
  ) {
    var gradients = SReLUShape(
      left: emptyVector, leftSlope: emptyVector, right: emptyVector, rightSlope: emptyVector)
    exchange(&gradients, workspace)
    Kernels.sreluGradient(
      dy, input: x, into: dx, shape: shape, gradients: &gradients, accumulate: pass.accumulates,
      workers: pass.workers)
    exchange(&gradients, workspace)
  }

  /// Shows its parameters, see ``Layer/visitParameters(_:_:)``.
  public mutating func visitParameters(
    _ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void
  ) {
    Parameter.lend("left", &shape.left, workspace, 0, to: visit)
    Parameter.lend("left_slope", &shape.leftSlope, workspace, 1, to: visit)
    Parameter.lend("right", &shape.right, workspace, 2, to: visit)
    Parameter.lend("right_slope", &shape.rightSlope, workspace, 3, to: visit)
  }

  /// Moves the four gradients out of the workspace, or back into it.
  private func exchange(_ gradients: inout SReLUShape, _ workspace: LayerWorkspace) {
    swap(&gradients.left, &workspace.gradients[0])
    swap(&gradients.leftSlope, &workspace.gradients[1])
    swap(&gradients.right, &workspace.gradients[2])
    swap(&gradients.rightSlope, &workspace.gradients[3])
  }
}
