// SPDX-License-Identifier: Apache-2.0
// Espalier: the cheapest partitions against the plain loop over sets and subsets.

import CKernels
import SparseCore
import Testing

@Suite("Least sums over partitions")
struct SubsetKernelTests {
  /// best[S] for all sets by the plain loop.
  static func reference(_ costs: [Double]) -> [Double] {
    var best = [Double](repeating: .infinity, count: costs.count)
    for set in 1..<costs.count where set & (set - 1) != 0 {
      let rest = set & (set - 1)
      var others = rest
      while others != 0 {
        let block = costs[set ^ others]
        best[set] = min(best[set], block + min(costs[others], best[others]))
        others = (others - 1) & rest
      }
    }
    return best
  }

  static func costs(_ elements: Int, seed: UInt64) -> [Double] {
    var random = Random(seed: seed)
    return (0..<1 << elements).map { $0 == 0 ? 0 : random.uniformDouble() * Double($0.nonzeroBitCount) }
  }

  @Test("every instruction set finds the sums of the plain loop", arguments: tableNames)
  func tables(name: String) throws {
    let table = try table(name)
    for elements in [10, 11, 12] {
      let costs = Self.costs(elements, seed: UInt64(elements))
      let wanted = Self.reference(costs)
      var best = Array(wanted[..<Int(espalier_subset_tile)])
      best += [Double](repeating: .nan, count: costs.count - best.count)
      for tile in 1..<costs.count / Int(espalier_subset_tile) { table.subset_tile(costs, Int64(tile), &best) }
      let off = zip(best, wanted).filter { !($0 == $1 || abs($0 - $1) < 1e-13) }
      #expect(off.isEmpty, "\(elements) elements: \(off.count) sums differ, such as \(off.first as Any)")
    }
  }

  @Test("the team finds the same bytes as one thread", arguments: [0, 1, 2, 5, 9, 10, 13])
  func team(elements: Int) {
    let costs = Self.costs(elements, seed: 7)
    let alone = Kernels.leastPartitionSums(costs, workers: nil)
    #expect(alone == Kernels.leastPartitionSums(costs, workers: Workers(threads: 3)))
    for (got, wanted) in zip(alone, Self.reference(costs)) {
      #expect(got == wanted || abs(got - wanted) < 1e-13)
    }
  }
}
