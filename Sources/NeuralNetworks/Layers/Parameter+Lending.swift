// SPDX-License-Identifier: Apache-2.0
// Espalier: lending parameters without copying them.

internal import SparseCore

extension Parameter {
  /// Moves `values` and `gradient` into a parameter, shows it, and moves them back.
  ///
  /// The vectors' own homes hold an empty vector meanwhile, so that each has one owner and is written in place.
  static func lend(
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
