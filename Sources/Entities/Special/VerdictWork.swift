// SPDX-License-Identifier: Apache-2.0
// Espalier: the steps to a verdict on a pattern without simple structure.

import SparseCore

/// The steps to a verdict that ask for surprisals, in order of what they cost.
struct VerdictWork<Model: ProbabilityModel> where Model.Scalar == Double {
  var oracle: SurprisalOracle<Model>
  let budget: VerdictBudget
  /// The best partition found.
  private var best: (integration: Double, blocks: [NodeSet])?
  /// A lower bound of ι.
  private var least: Double

  init(oracle: SurprisalOracle<Model>, budget: VerdictBudget) {
    self.oracle = oracle
    self.budget = budget
    least = IntegrationBounds(surprisal: oracle.whole, blocks: oracle.pattern.count).lower
  }

  private var pattern: SpatiotemporalPattern { oracle.pattern }
  private var threshold: Double { LocalIntegration.threshold }

  consuming func verdict(_ random: Random) throws(EntityError) -> EntityVerdict {
    var work = self
    return try work.decide(random)
  }

  private mutating func decide(_ random: Random) throws(EntityError) -> EntityVerdict {
    if let verdict = try orNil({ work throws(EntityError) in try work.independence() }) { return verdict }
    oracle.allow(4)
    let classes = try orNil { work throws(EntityError) in try work.copies() }
    oracle.allow(1)
    if let classes { return try reduced(to: classes, random) }
    if let verdict = try subsets() { return verdict }
    let isSearched = budget.methods.contains(.search)
    if isSearched {
      try search { search throws(EntityError) in try search.run() }
      if let verdict = refutation(.search) { return verdict }
    }
    try branch(below: threshold)
    if let verdict = refutation(.branching) { return verdict }
    if least > threshold { try branch(below: .infinity) }
    if least <= threshold || best.map({ $0.integration > least }) ?? true {
      if let verdict = try orNil({ work throws(EntityError) in try work.submodularity(random) }) { return verdict }
    }
    if least <= threshold, isSearched {
      var stream = random.split("search")
      try search { [moves = budget.annealingMoves] search throws(EntityError) in
        try search.run(moves: moves, random: &stream)
      }
      if let verdict = refutation(.search) { return verdict }
    }
    let most = min(best?.integration ?? .infinity, oracle.whole)
    return least > threshold
      ? .proved(atLeast: min(least, most), atMost: most, by: .branching)
      : .unknown(atLeast: least, atMost: most, partition: best.map { oracle.partition($0.blocks) })
  }

  /// A refutation by the best partition found.
  private func refutation(_ method: VerdictMethod) -> EntityVerdict? {
    guard let best, best.integration <= threshold else { return nil }
    return .refuted(partition: oracle.partition(best.blocks), integration: best.integration, by: method)
  }

  /// Runs a part of the search with half of what is left of the budget.
  private mutating func search(
    _ part: (inout PartitionSearch<Model>) throws(EntityError) -> Void
  ) throws(EntityError) {
    oracle.allow(2)
    var search = PartitionSearch(oracle, goal: threshold)
    search.best = best
    try part(&search)
    (oracle, best) = (search.oracle, search.best)
    oracle.allow(1)
  }

  /// Runs a step; nil when the budget ended in it.
  private mutating func orNil<Result>(
    _ step: (inout Self) throws(EntityError) -> Result?
  ) throws(EntityError) -> Result? {
    do throws(EntityError) {
      return try step(&self)
    } catch {
      guard oracle.isExhausted else { throw error }
      return nil
    }
  }

  /// Groups that the model's structure makes independent, and nodes that are certain.
  private mutating func independence() throws(EntityError) -> EntityVerdict? {
    guard budget.methods.contains(.independence) else { return nil }
    let count = pattern.count
    var blocks: [NodeSet] = []
    if let network = (oracle.model as? any FactoredModel<Double>)?.network {
      var place: [Int: Int] = [:]
      for (position, node) in pattern.nodes.enumerated() { place[node] = position }
      blocks = network.independentGroups(of: pattern.nodes).map { NodeSet($0.compactMap { place[$0] }, upTo: count) }
    }
    if blocks.count < 2 {
      for position in 0..<count {
        let alone = NodeSet([position], upTo: count)
        guard try oracle.surprisal(of: alone) <= threshold else { continue }
        blocks = [alone, NodeSet(0..<count, upTo: count).removing(position)]
        break
      }
    }
    guard blocks.count > 1 else { return nil }
    let integration = try oracle.integration(of: blocks)
    guard integration <= threshold else { return nil }
    return .refuted(partition: oracle.partition(blocks), integration: integration, by: .independence)
  }

  /// Classes of copies, when there are any.
  private mutating func copies() throws(EntityError) -> [[Int]]? {
    guard budget.methods.contains(.copies) else { return nil }
    let classes = try oracle.copyClasses()
    return classes.count < pattern.count ? classes : nil
  }

  /// The verdict on one node of each class of copies, and what it says of all.
  private mutating func reduced(to classes: [[Int]], _ random: Random) throws(EntityError) -> EntityVerdict {
    if classes.count == 1 {
      let nodes = pattern.nodes
      return Model.exact(oracle.whole, NodePartition(ordering: [[nodes[0]], Array(nodes.dropFirst())]), .copies)
    }
    var left = budget
    left.evaluations -= oracle.evaluations
    left.methods.remove(.copies)
    let part = pattern.part(on: classes.map { pattern.nodes[$0[0]] })
    var members: [Int: [Int]] = [:]
    for positions in classes { members[pattern.nodes[positions[0]]] = positions.map { pattern.nodes[$0] } }
    func widened(_ partition: NodePartition) -> NodePartition {
      NodePartition(ordering: partition.blocks.map { $0.flatMap { members[$0] ?? [] } })
    }
    switch try oracle.model.verdict(on: part, budget: left, random: random) {
    case .proved(let least, let most, let method): return .proved(atLeast: least, atMost: most, by: method)
    case .refuted(let partition, let integration, let method):
      return .refuted(partition: widened(partition), integration: integration, by: method)
    case .unknown(let least, let most, let partition):
      return .unknown(atLeast: least, atMost: most, partition: partition.map(widened))
    }
  }

  /// All partitions from all subsets, when these are few enough for the budget and the model.
  private func subsets() throws(EntityError) -> EntityVerdict? {
    guard budget.methods.contains(.subsets), pattern.count <= budget.exactNodes, !budget.isCancelled() else {
      return nil
    }
    let integration: LocalIntegration
    do throws(EntityError) {
      integration = try LocalIntegration(of: pattern, in: oracle.model)
    } catch {
      if case .tooLarge = error { return nil }
      throw error
    }
    guard let complete = integration.complete, let partition = integration.leastPartition(integration.whole) else {
      return nil
    }
    return Model.exact(complete, partition, .subsets)
  }

  /// A proof that the pattern's nodes only attract each other, and the best cut in two.
  private mutating func submodularity(_ random: Random) throws(EntityError) -> EntityVerdict? {
    guard budget.methods.contains(.submodularity) else { return nil }
    var stream = random.split("submodularity")
    guard try oracle.submodularity(samples: 0, random: &stream).isProof else { return nil }
    let (integration, partition) = try oracle.leastBipartition()
    return Model.exact(integration, partition, .submodularity)
  }

  /// The surprisal of each node.
  private mutating func singles() throws(EntityError) -> [Double]? {
    var costs: [Double] = []
    for position in 0..<pattern.count {
      costs.append(try oracle.surprisal(of: NodeSet([position], upTo: pattern.count)))
    }
    return costs
  }

  /// Branch and bound: for the sign of the integration with half of what is left of the budget; for its value, once the sign is
  /// proved, with as much again as was spent.
  private mutating func branch(below limit: Double) throws(EntityError) {
    guard budget.methods.contains(.branching),
      let singles = try orNil({ work throws(EntityError) in try work.singles() })
    else { return }
    let network = (oracle.model as? any FactoredModel<Double>)?.network
    let floors =
      network.map { PartitionFloors(of: pattern, in: $0, singles: singles) } ?? PartitionFloors(singles: singles)
    if limit <= threshold { oracle.allow(2) } else { oracle.allowance = max(2 * oracle.evaluations, 1000) }
    var work = PartitionBranching(oracle, floors: floors, best: best)
    let isFinished = try work.run(below: limit)
    (oracle, best) = (work.oracle, work.best)
    oracle.allow(1)
    if isFinished { least = max(least, work.bound) }
  }
}
