// SPDX-License-Identifier: Apache-2.0
// Espalier: lending parameters without copying them.

public import SparseCore

extension Parameter {
  /// Moves `values` and their gradient into a parameter, shows it, and moves them back.
  ///
  /// A layer calls it once for each of its parameters, in the order of its workspace's gradients:
  ///
  ///     mutating func visitParameters(_ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void) {
  ///       Parameter.lend("scale", &scale, workspace, 0, to: visit)
  ///     }
  ///
  /// The vectors' own homes hold an empty vector meanwhile, so that each has one owner and is written in place.
  ///
  /// - Parameters:
  ///   - name: what the layer calls it.
  ///   - values: the trained values.
  ///   - workspace: where the gradient lies; nil, or one without gradients, shows an empty one.
  ///   - index: the gradient's place in `workspace.gradients`.
  ///   - decays: whether weight decay applies.
  ///   - isSparse: whether the values belong to connections of a built-in sparse layer; inside a custom layer it
  ///     counts as false.
  ///   - visit: who looks.
  /// - Complexity: O(1) besides `visit`, without allocation.
  public static func lend(
    _ name: String, _ values: inout Vector, _ workspace: LayerWorkspace?, _ index: Int, decays: Bool = false,
    isSparse: Bool = false, to visit: (inout Parameter) -> Void
  ) {
    var parameter = Parameter(
      name: name, values: emptyVector, gradient: emptyVector, decays: decays, isSparse: isSparse)
    swap(&parameter.values, &values)
    if let workspace, index < workspace.gradients.count {
      swap(&parameter.gradient, &workspace.gradients[index])
      visit(&parameter)
      swap(&parameter.gradient, &workspace.gradients[index])
    } else {
      visit(&parameter)
    }
    swap(&parameter.values, &values)
  }
}

/// Stands in for a vector that is lent out; shared, so that lending allocates nothing.
let emptyVector = Vector(count: 0)
