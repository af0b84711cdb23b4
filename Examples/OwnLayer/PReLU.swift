// SPDX-License-Identifier: Apache-2.0
// Espalier: an activation function with a learned slope, as a layer of one's own.

import Espalier

/// x above 0, *slope* x below, with one learned slope a feature.
///
/// Forward: y = x for x > 0, else slope x. Backward: dx = dy for x > 0, else slope dy; dslope = Σ dy x over x <= 0.
///
/// Source: K. He, X. Zhang, S. Ren, J. Sun, *Delving deep into rectifiers*, ICCV 2015, section 2.1, arXiv:1502.01852.
struct PReLU: Layer {
  /// One learned slope a feature, 0.25 at birth as in the paper.
  private(set) var slopes: Vector

  init(features: Int) {
    slopes = Vector(repeating: 0.25, count: features)
  }

  var inputs: Int { slopes.count }
  var outputs: Int { slopes.count }

  func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace {
    LayerWorkspace(gradientCounts: training ? [slopes.count] : [])
  }

  func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    for block in 0..<x.blocks {
      x.withBlock(block) { x in
        y.withMutableBlock(block) { target in
          for index in x.indices { target[index] = x[index] > 0 ? x[index] : slopes[index / y.lanes] * x[index] }
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
      x.withBlock(block) { x in
        dy.withBlock(block) { dy in
          // Gradients are zero in the padding lanes, so that whole blocks can be summed.
          for index in x.indices where x[index] <= 0 {
            workspace.gradients[0][index / y.lanes] += dy[index] * x[index]
          }
          dx?.withMutableBlock(block) { dx in
            for index in x.indices { dx[index] = x[index] > 0 ? dy[index] : slopes[index / y.lanes] * dy[index] }
          }
        }
      }
    }
  }

  mutating func visitParameters(_ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void) {
    Parameter.lend("slope", &slopes, workspace, 0, to: visit)
  }
}
