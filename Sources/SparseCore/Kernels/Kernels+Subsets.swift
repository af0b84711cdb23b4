// SPDX-License-Identifier: Apache-2.0
// Espalier: the cheapest partition of every set.

#if !hasFeature(Embedded)
  internal import CKernels

  extension Kernels {
    /// The elements of the sets of one tile.
    package static var subsetTileBits: Int { 9 }

    /// The least sum of costs over the partitions of every set into two blocks or more.
    ///
    /// best[S] is that sum for all 2^*n* sets S, infinity for the empty set and single elements. Sets are bit masks, `costs` has a number each, and that of the empty set is not looked at.
    ///
    /// Tiles of 512 sets are shared out, fewer elements first; a minimum does not depend on the order, so the bytes are the same for any
    /// number of threads.
    ///
    /// - Complexity: about 3^*n* / 2 sums.
    package static func leastPartitionSums(_ costs: [Double], workers: Workers?) -> [Double] {
      precondition(costs.count & (costs.count - 1) == 0 && !costs.isEmpty, "\(costs.count) costs")
      let tiles = costs.count >> subsetTileBits
      guard tiles > 1 else { return Reference.leastPartitionSums(costs) }
      var best = Reference.leastPartitionSums(Array(costs[..<(1 << subsetTileBits)]))
      best += [Double](repeating: .infinity, count: costs.count - best.count)
      let order = (1..<tiles).sorted { ($0.nonzeroBitCount, $0) < ($1.nonzeroBitCount, $1) }
      // Safety: a tile writes its own 512 numbers and reads those of tiles with fewer elements, which are done.
      costs.withUnsafeBufferPointer { costs in
        best.withUnsafeMutableBufferPointer { best in
          guard let from = costs.baseAddress, let to = best.baseAddress else { return }
          let job = SubsetJob(costs: from, best: to)
          var start = 0
          while start < order.count {
            let size = order[start].nonzeroBitCount
            let end = order[start...].firstIndex { $0.nonzeroBitCount != size } ?? order.count
            if let workers {
              workers.forEach(end - start) { job.tile(order[start + $0]) }
            } else {
              for index in start..<end { job.tile(order[index]) }
            }
            start = end
          }
        }
      }
      return best
    }
  }

  /// What the tiles share.
  private struct SubsetJob: @unchecked Sendable {
    let costs: UnsafePointer<Double>
    let best: UnsafeMutablePointer<Double>

    func tile(_ index: Int) {
      Kernels.table.pointee.subset_tile(costs, Int64(index), best)
    }
  }
#endif
