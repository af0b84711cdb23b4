// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of covers by paths.

import SparseCore
import Testing

@testable import Entities

@Suite("Covers by paths")
struct PathCoverTests {
  /// The least sum of a predecessor's weight or 0 for each point, each predecessor used once; one link may be forbidden.
  static func plain(_ cover: PathCover, without forbidden: Int? = nil) -> Double {
    let count = cover.count
    var costs = [[Double]](repeating: [Double](repeating: 1e6, count: 2 * count), count: count)
    for to in 0..<count {
      costs[to][count + to] = 0
      for from in 0..<to where to != forbidden || from != to - 1 {
        costs[to][from] = cover.weights[to * (to - 1) / 2 + from]
      }
    }
    return SpecialExamples.assignment(costs)
  }

  /// The sum of the links' weights; each predecessor must be earlier and used once.
  static func sum(_ predecessors: [Int], _ cover: PathCover) -> Double {
    let used = predecessors.filter { $0 >= 0 }
    #expect(Set(used).count == used.count && zip(predecessors.indices, predecessors).allSatisfy { $0 > $1 })
    return predecessors.enumerated().reduce(0) { sum, pair in
      pair.element < 0 ? sum : sum + cover.weights[pair.offset * (pair.offset - 1) / 2 + pair.element]
    }
  }

  @Test("covers under random weights are those of a plain assignment, the whole path forbidden or not")
  func random() {
    var random = Random(seed: 51)
    var (whole, other) = (0, 0)
    for round in 0..<400 {
      let count = 2 + random.below(round % 10 == 0 ? 24 : 8)
      let preference = Double(round % 4)
      var weights: [Double] = []
      for to in 0..<count {
        for from in 0..<to {
          weights.append(2 * random.uniformDouble() - 1.2 - (from == to - 1 ? preference * random.uniformDouble() : 0))
        }
      }
      let cover = PathCover(count: count, weights: weights)
      let cheapest = Self.sum(cover.cheapest(), cover)
      #expect(abs(cheapest - Self.plain(cover)) < 1e-9, "round \(round)")
      let path = Self.sum((0..<count).map { $0 - 1 }, cover)
      let wanted = (1..<count).map { Self.plain(cover, without: $0) }.min() ?? 0
      let (excess, predecessors) = cover.bestOther()
      #expect(abs(excess - (wanted - path)) < 1e-9, "round \(round)")
      #expect(abs(Self.sum(predecessors, cover) - wanted) < 1e-9)
      #expect(predecessors != (0..<count).map { $0 - 1 })
      if excess >= 0 { whole += 1 } else { other += 1 }
    }
    #expect(whole >= 60 && other >= 100)
  }
}
