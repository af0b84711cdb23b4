// SPDX-License-Identifier: Apache-2.0
// Espalier: layers with a bypass.

public import SparseCore

/// y = x + F(x), where F is a sequence of layers that ends as wide as it begins.
///
/// Backward: dx = dy + F'(x)ᵀ dy.
///
/// Source: K. He et al., *Deep Residual Learning*, CVPR 2016, equation 1, arXiv 1512.03385.
public struct ResidualLayer: Layer {
  package var body: LayerSequence

  /// Wraps layers; the last must have as many outputs as the first has inputs.
  public init(inputs: Int, layers: [BuiltLayer]) {
    body = LayerSequence(inputs: inputs, layers: layers)
    precondition(
      body.outputs == inputs, "a residual block of \(inputs) inputs ends with \(body.outputs) outputs")
  }

  /// The layers of the block.
  public var layers: [BuiltLayer] { body.layers }
  /// Features in.
  public var inputs: Int { body.inputs }
  /// Features out.
  public var outputs: Int { body.inputs }

  /// Makes the memory of a pass, see ``Layer/makeWorkspace(capacity:training:)``.
  public func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace {
    let workspace = LayerWorkspace()
    workspace.inner = body.makeWorkspace(capacity: capacity, training: training)
    return workspace
  }

  /// Writes the outputs, see ``Layer/forward(_:into:workspace:pass:)``.
  public func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    let result = body.forward(x, workspace: Self.inner(workspace), pass: pass)
    y.resize(samples: x.samples)
    Kernels.sum(x, result, into: y, workers: pass.workers)
  }

  /// Writes the gradients, see ``Layer/backward(_:input:output:into:workspace:pass:)``.
  public func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass
  ) {
    body.backward(dy, input: x, into: dx, workspace: Self.inner(workspace), pass: pass)
    addBypass(dy, into: dx, pass)
  }

  /// dx += dy.
  func addBypass(_ dy: Activations, into dx: Activations?, _ pass: Pass) {
    if let dx { Kernels.sum(body.layers.isEmpty ? dy : dx, dy, into: dx, workers: pass.workers) }
  }

  /// Shows its parameters, see ``Layer/visitParameters(_:_:)``.
  public mutating func visitParameters(
    _ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void
  ) {
    body.visitParameters(workspace?.inner) { _, parameter in visit(&parameter) }
  }

  /// Takes over the statistics of a step.
  public mutating func finishPass(_ workspace: LayerWorkspace) {
    body.finishPass(Self.inner(workspace))
  }

  static func inner(_ workspace: LayerWorkspace) -> SequenceWorkspace {
    guard let inner = workspace.inner else {
      preconditionFailure("a residual block needs the workspace that it made")
    }
    return inner
  }
}
