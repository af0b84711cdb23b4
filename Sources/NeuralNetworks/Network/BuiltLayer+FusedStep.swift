// SPDX-License-Identifier: Apache-2.0
// Espalier: layers that learn during the backward pass.

package import SparseCore

extension BuiltLayer {
  /// Goes backwards; a layer that can takes the step at once and leaves its weight's gradient empty, the others leave
  /// gradients for the optimizer.
  ///
  /// The layer is taken out of its home meanwhile, so that its weights have one owner and are written in place.
  ///
  /// - Parameter masksInput: whether a sparse layer goes back through the ReLU that made its input as well.
  package mutating func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace w: LayerWorkspace, pass: Pass, masksInput: Bool, taking step: FusedStep
  ) {
    switch self {
    // No conditions on these cases: with one, a second holder of the layer makes every step copy its weights.
    case .sparseLinear(var layer):
      self = .empty
      if SparseMatrix.canStepBackward(capacity: x.capacity) {
        layer.backward(dy, input: x, into: dx, masksInput: masksInput, workspace: w, pass: pass, taking: step)
      } else {
        layer.backward(dy, input: x, into: dx, masksInput: masksInput, workspace: w, pass: pass)
      }
      self = .sparseLinear(layer)
    case .windowedLinear(var layer):
      self = .empty
      if step.momentum == 0 {
        layer.backward(dy, input: x, into: dx, workspace: w, pass: pass, taking: step)
      } else {
        layer.backward(dy, input: x, output: y, into: dx, workspace: w, pass: pass)
      }
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

extension Network {
  /// Turns `workspace.outputGradient` into gradients; layers that can take the step at once instead.
  ///
  /// The optimizer's own step must follow, see ``Optimizer/step(_:_:_:rate:workers:)``: it changes what is left.
  ///
  /// - Parameter state: the optimizer's slots, of which momentum is used and changed.
  /// - Precondition: a pass that does not accumulate, since a step needs the whole gradient.
  public mutating func backward(
    _ workspace: NetworkWorkspace, pass: Pass, taking step: FusedStep, state: inout OptimizerState
  ) {
    precondition(!pass.accumulates, "a step in a backward pass that accumulates gradients")
    body.forEachSparseLayer(workspace.body) { layer, workspace in state.exchangeMomentum(layer.ordinal, workspace) }
    body.backward(
      workspace.outputGradient, input: workspace.input, into: nil, workspace: workspace.body, pass: pass, taking: step)
    body.forEachSparseLayer(workspace.body) { layer, workspace in state.exchangeMomentum(layer.ordinal, workspace) }
  }
}

extension LayerSequence {
  /// Shows every sparse layer with its workspace.
  func forEachSparseLayer(_ workspace: SequenceWorkspace, _ visit: (SparseLinearLayer, LayerWorkspace) -> Void) {
    for index in layers.indices {
      switch layers[index] {
      case .sparseLinear(let layer): visit(layer, workspace.layers[index])
      case .residual(let block):
        block.body.forEachSparseLayer(ResidualLayer.inner(workspace.layers[index]), visit)
      default: break
      }
    }
  }
}
