// SPDX-License-Identifier: Apache-2.0
// Espalier: checks of submodularity.

public import SparseCore

extension SurprisalOracle {
  /// Looks for a proof that the pattern's surprisal is submodular, or for a violation.
  ///
  /// The model's tables are looked at first; then all parts, when the pattern is small; otherwise random parts, which can refute but
  /// not prove.
  ///
  /// - Parameters:
  ///   - exhaustiveNodes: up to how many nodes all parts are checked, at most 20.
  ///   - samples: how many random parts are checked beyond.
  ///   - random: draws them.
  /// - Throws: `EntityError.tooLarge` when the budget is spent.
  /// - Complexity: 2^*n* evaluations and *n*² 2^*n* / 8 comparisons for all parts; 4 evaluations a sample.
  public mutating func submodularity(
    exhaustiveNodes: Int = 12, samples: Int = 1000, random: inout Random
  ) throws(EntityError) -> SubmodularityCertificate {
    if let factored = model as? any FactoredModel<Double>, factored.network.attracts(pattern) {
      return .attractiveTables
    }
    let count = pattern.count
    guard count > exhaustiveNodes || count > 20 else { return try checkEveryPart() }
    for _ in 0..<samples {
      let pair = random.distinct(2, below: count)
      var set = NodeSet(upTo: count)
      let share = random.uniformDouble()
      for position in 0..<count where random.uniformDouble() < share && !pair.contains(position) {
        set.insert(position)
      }
      if let violation = try violation(set, pair[0], pair[1]) { return violation }
    }
    return .sampled(samples)
  }

  private mutating func checkEveryPart() throws(EntityError) -> SubmodularityCertificate {
    let count = pattern.count
    for mask in 0..<1 << count {
      let set = NodeSet((0..<count).filter { mask >> $0 & 1 == 1 }, upTo: count)
      for first in 0..<count where mask >> first & 1 == 0 {
        for second in first + 1..<max(count, first + 1) where mask >> second & 1 == 0 {
          if let violation = try violation(set, first, second) { return violation }
        }
      }
    }
    return .everyPart
  }

  private mutating func violation(
    _ set: NodeSet, _ first: Int, _ second: Int
  ) throws(EntityError) -> SubmodularityCertificate? {
    let (one, other) = (set.inserting(first), set.inserting(second))
    let together = try surprisal(of: one.inserting(second)) + surprisal(of: set)
    let excess = try together - surprisal(of: one) - surprisal(of: other)
    guard excess > 1e-12 else { return nil }
    return .violated(
      nodes: set.members.map { pattern.nodes[$0] }, first: pattern.nodes[first], second: pattern.nodes[second],
      excess: excess)
  }
}
