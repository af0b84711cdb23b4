// SPDX-License-Identifier: Apache-2.0
// Espalier: the cheapest partition of every set, slowly.

#if !hasFeature(Embedded)
  extension Reference {
    /// best[S]: the least sum of costs over the partitions of S into two blocks or more, infinity below two elements.
    ///
    /// With G(S) = min(costs[S], best[S]), best[S] is the least costs[T] + G(S ∖ T) over the blocks T that hold the lowest element of S and
    /// are not S. Sets are bit masks; `costs` has a number for each, [2^*n*].
    ///
    /// - Complexity: about 3^*n* / 2 sums.
    package static func leastPartitionSums(_ costs: [Double]) -> [Double] {
      var best = [Double](repeating: .infinity, count: costs.count)
      var least = costs
      for set in 1..<max(costs.count, 1) where set & (set - 1) != 0 {
        let rest = set & (set - 1)
        var lowest = Double.infinity
        var others = rest
        while others != 0 {
          let sum = costs[set ^ others] + least[others]
          if sum < lowest { lowest = sum }
          others = (others - 1) & rest
        }
        best[set] = lowest
        if lowest < costs[set] { least[set] = lowest }
      }
      return best
    }
  }
#endif
