// SPDX-License-Identifier: Apache-2.0
// Espalier: proofs by branch and bound over partitions.

/// Goes through all partitions of a pattern, node after node, and leaves out those whose unfinished blocks already cost too much.
///
/// Surprisal only grows with a block, so the sum over unfinished blocks bounds the finished ones from below; and as long as there is one
/// block only, another must still be opened. Where nodes hold together strongly few branches survive, at any size.
struct PartitionBranching<Model: ProbabilityModel> where Model.Scalar == Double {
  var oracle: SurprisalOracle<Model>
  /// The least integration of a finished partition of two blocks or more, and the partition.
  private(set) var best: (integration: Double, blocks: [NodeSet])?
  /// A lower bound of all partitions gone through or left out.
  private(set) var bound = Double.infinity
  private let order: [Int]
  /// The least single surprisal from each place of the order on.
  private let leastRest: [Double]
  private let count: Int

  /// Takes the single nodes' surprisals and the best partition known.
  init(
    _ oracle: SurprisalOracle<Model>, singles: [Double], best: (integration: Double, blocks: [NodeSet])?
  ) {
    self.oracle = oracle
    self.best = best
    count = singles.count
    order = singles.indices.sorted { singles[$0] != singles[$1] ? singles[$0] > singles[$1] : $0 < $1 }
    var least = [Double](repeating: .infinity, count: singles.count + 1)
    for place in order.indices.reversed() { least[place] = min(least[place + 1], singles[order[place]]) }
    leastRest = least
  }

  /// Goes through all partitions below `limit` bits, or below the best once that is lower; false when the budget ended before.
  ///
  /// Afterwards ι is at least `bound`, and `best` exactly when that is not above `limit`.
  mutating func run(below limit: Double) throws(EntityError) -> Bool {
    bound = .infinity
    let first = NodeSet([order[0]], upTo: count)
    do throws(EntityError) {
      try descend(1, [first], [try oracle.surprisal(of: first)], limit)
    } catch {
      guard oracle.isExhausted else { throw error }
      return false
    }
    bound = min(bound, best?.integration ?? .infinity)
    return true
  }

  private mutating func descend(
    _ place: Int, _ blocks: [NodeSet], _ costs: [Double], _ limit: Double
  ) throws(EntityError) {
    var least = costs.reduce(-oracle.whole, +)
    if blocks.count == 1 { least += leastRest[place] }
    if least > limit || best.map({ least >= $0.integration }) ?? false {
      bound = min(bound, least)
      return
    }
    guard place < count else {
      best = (least, blocks)
      bound = min(bound, least)
      return
    }
    let position = order[place]
    var choices: [(cost: Double, growth: Double, target: Int)] = []
    for target in 0...blocks.count {
      let block = target == blocks.count ? NodeSet(upTo: count) : blocks[target]
      let cost = try oracle.surprisal(of: block.inserting(position))
      choices.append((cost, cost - (target == blocks.count ? 0 : costs[target]), target))
    }
    for choice in choices.sorted(by: { $0.growth != $1.growth ? $0.growth < $1.growth : $0.target < $1.target }) {
      var (next, nextCosts) = (blocks, costs)
      if choice.target == blocks.count {
        next.append(NodeSet([position], upTo: count))
        nextCosts.append(choice.cost)
      } else {
        next[choice.target].insert(position)
        nextCosts[choice.target] = choice.cost
      }
      try descend(place + 1, next, nextCosts, limit)
    }
  }
}
