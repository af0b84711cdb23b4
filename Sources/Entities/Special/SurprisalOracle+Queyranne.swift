// SPDX-License-Identifier: Apache-2.0
// Espalier: the best cut in two when nodes only attract each other.

extension SurprisalOracle {
  /// The bipartition of least specific local integration, by pendant pairs; right when surprisal is submodular.
  ///
  /// Then g(A) = f(A) + f(O ∖ A) − f(O) is symmetric and submodular, and of an order in which each next node is the one with
  /// the least g(W ∪ u) − g(u) to those before, the last alone is the best cut between the last two; these are merged
  /// and the search goes on. Submodular surprisal also has its best partition of all among those in two, so that the result is ι. Without a
  /// ``SubmodularityCertificate`` it is no more than an upper bound of ι: see `submodularity(...)`.
  ///
  /// - Throws: `EntityError.undefined` below two nodes, `EntityError.tooLarge` when the budget is spent.
  /// - Complexity: about *n*³ / 3 evaluations.
  ///
  /// Source: M. Queyranne, *Minimizing symmetric submodular functions*, Mathematical Programming 82, 1998.
  public mutating func leastBipartition() throws(EntityError) -> (integration: Double, partition: NodePartition) {
    let count = pattern.count
    guard count >= 2 else {
      throw .undefined(what: "a bipartition of \(count) nodes", reason: "it needs two")
    }
    let everything = NodeSet(0..<count, upTo: count)
    var groups = (0..<count).map { NodeSet([$0], upTo: count) }
    var best = (integration: Double.infinity, side: groups[0])
    while groups.count > 1 {
      var own: [Double] = []
      for group in groups { own.append(try cut(group, of: everything)) }
      var waiting = Array(groups.indices.dropFirst())
      var inside = groups[0]
      var (last, beforeLast) = (0, 0)
      while !waiting.isEmpty {
        var least = (key: Double.infinity, place: 0)
        if waiting.count > 1 {
          for (place, group) in waiting.enumerated() {
            let key = try cut(inside.union(groups[group]), of: everything) - own[group]
            if key < least.key { least = (key, place) }
          }
        }
        (beforeLast, last) = (last, waiting.remove(at: least.place))
        inside = inside.union(groups[last])
      }
      if own[last] < best.integration { best = (own[last], groups[last]) }
      groups[beforeLast] = groups[beforeLast].union(groups[last])
      groups.remove(at: last)
    }
    return (best.integration, partition([best.side, everything.subtracting(best.side)]))
  }

  /// g(A) = f(A) + f(O ∖ A) − f(O).
  private mutating func cut(_ side: NodeSet, of everything: NodeSet) throws(EntityError) -> Double {
    try surprisal(of: side) + surprisal(of: everything.subtracting(side)) - whole
  }
}
