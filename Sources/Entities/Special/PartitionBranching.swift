// SPDX-License-Identifier: Apache-2.0
// Espalier: proofs by branch and bound over partitions.

/// Goes through all partitions of a pattern, node after node, and leaves out those whose unfinished blocks already cost too much.
///
/// Surprisal only grows with a block, so the sum over unfinished blocks bounds the finished ones from below, the more so with what nodes
/// not yet placed must add (`PartitionFloors`); and as long as there is one block only, another must still be opened. Where nodes hold together strongly few branches survive, at any size.
struct PartitionBranching<Model: ProbabilityModel> where Model.Scalar == Double {
  var oracle: SurprisalOracle<Model>
  /// The least integration of a finished partition of two blocks or more, and the partition.
  private(set) var best: (integration: Double, blocks: [NodeSet])?
  /// A lower bound of all partitions gone through or left out.
  private(set) var bound = Double.infinity
  private let floors: PartitionFloors
  private let count: Int

  /// Takes what is known of nodes not yet placed and the best partition found.
  init(
    _ oracle: SurprisalOracle<Model>, floors: PartitionFloors, best: (integration: Double, blocks: [NodeSet])?
  ) {
    self.oracle = oracle
    self.floors = floors
    self.best = best
    count = floors.order.count
  }

  /// Goes through all partitions below `limit` bits, or below the best once that is lower; false when the budget ended before.
  ///
  /// Afterwards ι is at least `bound`, and `best` exactly when that is not above `limit`; unless the best is a refutation, with which it
  /// ends at once.
  mutating func run(below limit: Double) throws(EntityError) -> Bool {
    bound = .infinity
    let first = NodeSet([floors.order[0]], upTo: count)
    do throws(EntityError) {
      try descend(1, [first], [try oracle.surprisal(of: first)], limit)
    } catch {
      guard oracle.isExhausted else { throw error }
      return false
    }
    bound = min(bound, best?.integration ?? .infinity)
    return true
  }

  private var isRefuted: Bool { best.map { $0.integration <= LocalIntegration.threshold } ?? false }

  private mutating func descend(
    _ place: Int, _ blocks: [NodeSet], _ costs: [Double], _ limit: Double
  ) throws(EntityError) {
    if isRefuted { return }
    var least = costs.reduce(floors.rest[place] - oracle.whole, +)
    if blocks.count == 1 { least += floors.opening[place] }
    if least > limit || best.map({ least >= $0.integration }) ?? false {
      bound = min(bound, least)
      return
    }
    guard place < count else {
      best = (least, blocks)
      bound = min(bound, least)
      return
    }
    let position = floors.order[place]
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
