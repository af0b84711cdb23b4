// SPDX-License-Identifier: Apache-2.0
// Espalier: the cheapest partition of every set.

internal import SparseCore

/// The least sum of block costs over the partitions of every set into two blocks or more.
///
/// With G(S) = min(f(S), B(S)), the least sum over all partitions: B(S) = min over T of f(T) + G(S ∖ T), where the block T holds
/// one chosen node of S and is not S.
enum LeastSums {
  /// B of every set, infinite below two nodes; `costs` has 2^*n* numbers, 0 for the empty set.
  static func find(_ costs: [Double], workers: Workers?) -> [Double] {
    Kernels.leastPartitionSums(costs, workers: workers)
  }

  /// The plain loop over all sets and their subsets; what the tiled kernel must compute.
  ///
  /// - Complexity: (3^*n* − 1) / 2 − 2^*n* + 1 sums.
  static func reference(_ costs: [Double]) -> [Double] {
    var best = [Double](repeating: .infinity, count: costs.count)
    var least = costs
    for set in 1..<max(costs.count, 1) where set & (set - 1) != 0 {
      let low = set & -set
      let rest = set ^ low
      var lowest = Double.infinity
      var others = rest
      while others != 0 {
        lowest = min(lowest, costs[set ^ others] + least[others])
        others = (others - 1) & rest
      }
      best[set] = lowest
      least[set] = min(lowest, costs[set])
    }
    return best
  }
}
