// SPDX-License-Identifier: Apache-2.0
// Espalier: a layer written outside the library, with its public names only.

import Espalier

/// y = factor x, one learned factor a feature.
struct Scaling: Layer {
  private var factor: Vector

  init(features: Int) {
    factor = Vector(repeating: 1, count: features)
  }

  var inputs: Int { factor.count }
  var outputs: Int { factor.count }

  func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace {
    LayerWorkspace(gradientCounts: training ? [inputs] : [])
  }

  func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    for block in 0..<x.blocks {
      x.withBlock(block) { values in
        y.withMutableBlock(block) { target in
          for index in values.indices { target[index] = factor[index / x.lanes] * values[index] }
        }
      }
    }
  }

  func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass
  ) {
    if !pass.accumulates { workspace.gradients[0].fill(0) }
    for block in 0..<x.blocks {
      x.withBlock(block) { values in
        dy.withBlock(block) { gradients in
          // The gradient is zero in the padding, so that whole blocks can be summed.
          for index in values.indices {
            workspace.gradients[0][index / x.lanes] += gradients[index] * values[index]
          }
        }
      }
    }
    if let dx { forward(dy, into: dx, workspace: workspace, pass: pass) }
  }

  mutating func visitParameters(_ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void) {
    Parameter.lend("factor", &factor, workspace, 0, decays: true, to: visit)
  }
}
