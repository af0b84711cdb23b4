// SPDX-License-Identifier: Apache-2.0
// Espalier: layers that learn during the backward pass.

package import SparseCore

extension BuiltLayer {
  /// Goes backwards; a layer that can takes the step at once and leaves its weight's gradient empty, the others leave
  /// gradients for the optimizer.
  ///
  /// The layer is taken out of its home meanwhile, so that its weights have one owner and are written in place.
  package mutating func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace w: LayerWorkspace, pass: Pass, taking step: FusedStep
  ) {
    switch self {
    case .windowedLinear(var layer):
      self = .empty
      layer.backward(dy, input: x, into: dx, workspace: w, pass: pass, taking: step)
      self = .windowedLinear(layer)
    case .residual(var block):
      self = .empty
      block.backward(dy, input: x, into: dx, workspace: w, pass: pass, taking: step)
      self = .residual(block)
    default: backward(dy, input: x, output: y, into: dx, workspace: w, pass: pass)
    }
  }
}

extension ResidualLayer {
  mutating func backward(
    _ dy: Activations, input x: Activations, into dx: Activations?, workspace: LayerWorkspace, pass: Pass,
    taking step: FusedStep
  ) {
    body.backward(dy, input: x, into: dx, workspace: Self.inner(workspace), pass: pass, taking: step)
    addBypass(dy, into: dx, pass)
  }
}

extension LayerSequence {
  /// As ``backward(_:input:into:workspace:pass:)``, with the step taken by the layers that can.
  package mutating func backward(
    _ dy: Activations, input x: Activations, into dx: Activations?, workspace: SequenceWorkspace, pass: Pass,
    taking step: FusedStep
  ) {
    var current = dy
    for index in layers.indices.reversed() {
      let target = target(ofLayer: index, current, last: dy, first: dx, workspace)
      target?.reshape(features: layers[index].inputs, samples: x.samples)
      layers[index].backward(
        current, input: index == 0 ? x : workspace.outputs[index - 1], output: workspace.outputs[index], into: target,
        workspace: workspace.layers[index], pass: pass, taking: step)
      if let target { current = target }
    }
  }
}

extension Network {
  /// Turns `workspace.outputGradient` into gradients; layers that can take the step at once instead.
  ///
  /// The optimizer's own step must follow, see ``Optimizer/step(_:_:_:rate:workers:)``: it changes what is left.
  ///
  /// - Precondition: a pass that does not accumulate, since a step needs the whole gradient.
  public mutating func backward(_ workspace: NetworkWorkspace, pass: Pass, taking step: FusedStep) {
    precondition(!pass.accumulates, "a step in a backward pass that accumulates gradients")
    body.backward(
      workspace.outputGradient, input: workspace.input, into: nil, workspace: workspace.body, pass: pass, taking: step)
  }
}
