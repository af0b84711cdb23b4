// SPDX-License-Identifier: Apache-2.0
// Espalier: derivatives by trying.

import SparseCore

/// Derivatives of a loss of slow layers by central differences, (L(w + h) - L(w - h)) / 2h with h = 1e-5.
///
/// In double precision the truncation h² L'''/6 and the rounding 1e-16 L / h are both about 1e-10: nothing beside the
/// single precision of what is tested.
struct CentralDifferences {
  let layers: [SlowLayer]
  let x: Table
  let loss: (Table) -> Double

  private static let h = 1e-5

  /// The derivative by an element of a parameter, both numbered in the order of `visitParameters`.
  func byParameter(_ parameter: Int, _ element: Int) -> Double {
    func shifted(_ by: Double) -> Double {
      var layers = layers
      var index = 0
      layers.visit { values in
        if index == parameter { values[element] += by }
        index += 1
      }
      return loss(layers.forward(x))
    }
    return (shifted(Self.h) - shifted(-Self.h)) / (2 * Self.h)
  }

  /// The derivative by an input.
  func byInput(_ feature: Int, _ sample: Int) -> Double {
    func shifted(_ by: Double) -> Double {
      var x = x
      x[feature][sample] += by
      return loss(layers.forward(x))
    }
    return (shifted(Self.h) - shifted(-Self.h)) / (2 * Self.h)
  }
}
