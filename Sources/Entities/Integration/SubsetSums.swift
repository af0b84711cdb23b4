// SPDX-License-Identifier: Apache-2.0
// Espalier: sums over all supersets of every set.

/// Sums over supersets: an agreement histogram becomes the probabilities of all sub-patterns.
enum SubsetSums {
  /// Replaces h(D) by p(A) = Σ h(D) over D ⊇ A, for 2^*n* sets.
  ///
  /// - Complexity: O(*n* 2^*n*).
  @_specialize(where Scalar == Double)
  static func overSupersets<Scalar: ProbabilityScalar>(_ numbers: inout [Scalar]) {
    var stride = 1
    while stride < numbers.count {
      var start = 0
      while start < numbers.count {
        for index in start..<start + stride { numbers[index] += numbers[index + stride] }
        start += 2 * stride
      }
      stride *= 2
    }
  }
}
