// SPDX-License-Identifier: Apache-2.0
// Espalier: a network laid out for acting.

package import SparseCore

extension Network {
  /// The network as it is now, laid out for a pass of one sample; nil when it has other layers than linear ones, activation
  /// functions and dropout.
  ///
  /// - Complexity: O(connections log connections).
  package func actingPlan() -> ActingPlan? {
    let plan = ActingPlan(inputs: inputs)
    for layer in layers {
      switch layer {
      case .sparseLinear(let sparse):
        guard plan.add(sparse.weight, bias: sparse.bias) else { return nil }
      case .linear(let dense): plan.add(dense.weight, bias: dense.bias)
      case .activation(let activation):
        let (kind, slope) = activation.function.kernel
        plan.add(kind, slope: slope)
      case .dropout: break
      default: return nil
      }
    }
    return plan
  }
}
