// SPDX-License-Identifier: Apache-2.0
// Espalier: verdicts on patterns of any size.

public import SparseCore

extension ProbabilityModel where Scalar == Double {
  /// Finds out whether a pattern of any size is an ι-entity, as far as a budget goes.
  ///
  /// Structure comes first: univariate chains are judged exactly, independent groups refute. Then copies are left out, and what is small
  /// is judged exactly from all its subsets. Of the rest a search tries to refute it, and proofs are tried: nodes that only attract
  /// each other, and branch and bound over partitions, which decides many patterns of a hundred nodes. The same call gives the same
  /// verdict.
  ///
  /// - Parameters:
  ///   - pattern: two nodes or more.
  ///   - budget: how much work it may be.
  ///   - random: draws the search's moves.
  /// - Throws: `EntityError.undefined` below two nodes, `EntityError.pattern` for a pattern of another model,
  ///   `EntityError.impossible` for one of probability 0, `EntityError.tooLarge` for one of more than 1022 bits that is no pattern of
  ///   univariate chains, and what the model throws; never for a spent budget.
  /// - Complexity: that of `budget.evaluations` calls of `probability(of:)`, and of `LocalIntegration` on up to `budget.exactNodes`
  ///   nodes.
  public func verdict(
    on pattern: SpatiotemporalPattern, budget: VerdictBudget = VerdictBudget(), random: Random = Random(seed: 0)
  ) throws(EntityError) -> EntityVerdict {
    try check(pattern)
    guard pattern.count >= 2 else {
      throw .undefined(
        what: "complete local integration of \(pattern.count) nodes", reason: "it has no partition but the whole")
    }
    if let verdict = try structuralVerdict(pattern, budget) { return verdict }
    let oracle = try SurprisalOracle(
      of: pattern, in: self, budget: budget.evaluations, isCancelled: budget.isCancelled)
    return try VerdictWork(oracle: oracle, budget: budget).verdict(random)
  }

  /// What the structure of a factored model tells: chains and independent groups.
  private func structuralVerdict(
    _ pattern: SpatiotemporalPattern, _ budget: VerdictBudget
  ) throws(EntityError) -> EntityVerdict? {
    guard let network = (self as? any FactoredModel<Double>)?.network else { return nil }
    let groups = budget.methods.contains(.independence) ? network.independentGroups(of: pattern.nodes) : [pattern.nodes]
    guard groups.count > 1 || budget.methods.contains(.pathCover) else { return nil }
    var blocks: [[Int]] = []
    var integration = 0.0
    for group in groups {
      guard let (chain, times) = network.chain(through: group) else { return nil }
      let placed = group.map { (time: times[$0] ?? 0, node: $0, value: pattern.value(of: $0) ?? 0) }
        .sorted { $0.time < $1.time }
      let part = SpatiotemporalPattern(nodes: placed.map(\.time), values: placed.map(\.value))
      if part.count == 1 {
        guard try chain.probability(of: part) > 0 else { throw .impossible(pattern: "the pattern \(pattern)") }
        blocks.append(group)
        continue
      }
      let result: ChainIntegration
      do throws(EntityError) {
        result = try ChainIntegration(of: part, in: chain)
      } catch {
        if case .tooLarge = error { return nil }
        throw error
      }
      let nodeAt = Dictionary(uniqueKeysWithValues: placed.map { ($0.time, $0.node) })
      let cut = result.partition.blocks.map { block in block.compactMap { nodeAt[$0] } }
      if groups.count == 1 { return Self.exact(result.complete, NodePartition(ordering: cut), .pathCover) }
      integration += min(0, result.complete)
      blocks += result.complete < 0 ? cut : [group]
    }
    return .refuted(partition: NodePartition(ordering: blocks), integration: integration, by: .independence)
  }

  /// The verdict that an exact integration and its partition mean.
  static func exact(_ integration: Double, _ partition: NodePartition, _ method: VerdictMethod) -> EntityVerdict {
    integration > LocalIntegration.threshold
      ? .proved(atLeast: integration, atMost: integration, by: method)
      : .refuted(partition: partition, integration: integration, by: method)
  }
}
