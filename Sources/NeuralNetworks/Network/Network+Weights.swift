// SPDX-License-Identifier: Apache-2.0
// Espalier: changing the weights of a network as a whole.

package import SparseCore

extension Network {
  /// Multiplies the weights of the last layer that has any.
  package mutating func scaleLastWeight(by factor: Float) {
    var last: Int?
    visitParameters(nil) { index, parameter in if parameter.decays { last = index } }
    visitParameters(nil) { index, parameter in
      guard index == last else { return }
      let count = parameter.values.count
      parameter.values.write { values in
        for index in 0..<count { values[index] *= factor }
      }
    }
    refreshForwardCopies(workers: Workers(threads: 1))
  }

  /// Moves every parameter towards that of a network of the same layers and patterns: w += share (other - w); a share of 1 copies.
  ///
  /// - Parameters:
  ///   - scratch: holds the other's parameters meanwhile; kept by the caller so that a call allocates nothing after the first.
  ///   - skipsSparse: leaves the weights of sparse layers as they are.
  /// - Precondition: sparse layers that take part have the same connections in both networks.
  /// - Complexity: O(parameters).
  package mutating func approach(
    _ other: inout Network, by share: Float, skipsSparse: Bool = false, scratch: inout [Vector], workers: Workers
  ) {
    other.visitParameters(nil) { _, parameter in scratch.append(parameter.values) }
    visitParameters(nil) { index, parameter in
      if skipsSparse && parameter.isSparse { return }
      let count = parameter.values.count
      precondition(scratch[index].count == count, "\(scratch[index].count) values for a parameter of \(count)")
      scratch[index].read { source in
        parameter.values.write { values in
          if share >= 1 {
            for index in 0..<count { values[index] = source[index] }
          } else {
            for index in 0..<count { values[index] += share * (source[index] - values[index]) }
          }
        }
      }
    }
    // Held any longer, they would make the other network's next step copy its weights.
    scratch.removeAll(keepingCapacity: true)
    refreshForwardCopies(workers: workers)
  }

  /// Gives a sparse layer other connections and weights, in the pattern's order.
  package mutating func replaceSparseWeight(_ ordinal: Int, pattern: SparsityPattern, values: Vector) {
    Self.changeSparse(&body, nil, ordinal) { weight, _ in weight.replace(pattern: pattern, values: values) }
  }
}
