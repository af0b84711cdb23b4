// SPDX-License-Identifier: Apache-2.0
// Espalier: all partitions of a pattern, by specific local integration.

/// The disintegration hierarchy of a pattern: its partitions, the whole included, grouped by specific local integration, lowest first.
///
/// The blocks of the refinement-free partitions are the single nodes and the ι-entities (disintegration theorem). By the chain rule a
/// partition is refinement-free exactly when each block is one node or an ι-entity, so partitions are never compared.
///
/// Source: M. Biehl, T. Ikegami, D. Polani, ALIFE 2016; M. Biehl, thesis 2017, arXiv:1704.02716.
public struct DisintegrationHierarchy: Sendable, Hashable {
  /// The levels, lowest first.
  public let levels: [HierarchyLevel]
  /// Whether these are all levels, and not just the lowest ones.
  public let isComplete: Bool

  /// The most nodes of a pattern all of whose partitions are looked at: there are 27,644,437.
  public static let mostNodes = 13
  /// The most nodes of a pattern whose lowest levels are found.
  public static let mostNodesForLowest = 20

  init(levels: [HierarchyLevel], isComplete: Bool) {
    self.levels = levels
    self.isComplete = isComplete
  }

  /// How many partitions are refinement-free on all levels.
  public var refinementFree: Int { levels.reduce(0) { $0 + $1.refinementFree } }

  /// Groups all partitions of a pattern; values within `LocalIntegration.tolerance` of their neighbours are one level.
  ///
  /// - Throws: `EntityError.tooLarge` beyond `mostNodes`.
  /// - Complexity: Bell(*n*) sums and a radix sort of them; 16 bytes a partition.
  public init(of integration: LocalIntegration) throws(EntityError) {
    guard integration.count <= Self.mostNodes else {
      throw .tooLarge(
        what: "all levels of a disintegration hierarchy", limit: "\(Self.mostNodes) nodes", got: "\(integration.count)",
        advice: "ask for the lowest levels")
    }
    let sums = PartitionSums(integration.surprisals) { _ in true }
    let free = PartitionSums(integration.surprisals) { $0 & ($0 - 1) == 0 || integration.isEntity($0) }
    let whole = integration.surprisals[integration.whole]
    self.init(levels: Self.grouped(sums.sorted(), free.sorted(), whole), isComplete: true)
  }

  /// Cuts rising sums into levels wherever two neighbours are further apart than the tolerance.
  private static func grouped(_ sums: [Double], _ free: [Double], _ whole: Double) -> [HierarchyLevel] {
    var levels: [HierarchyLevel] = []
    var (start, next) = (0, 0)
    for index in 1...max(sums.count, 1) {
      if index < sums.count, sums[index] - sums[index - 1] <= LocalIntegration.tolerance { continue }
      let last = sums[index - 1]
      let first = next
      while next < free.count, free[next] <= last + LocalIntegration.tolerance / 2 { next += 1 }
      let value = sums[start] - whole
      levels.append(
        HierarchyLevel(
          integration: value.magnitude < LocalIntegration.tolerance ? 0 : value, partitions: index - start,
          refinementFree: next - first))
      start = index
    }
    return levels
  }

  /// Groups all partitions of a small pattern by exact ratios.
  ///
  /// - Complexity: Bell(*n*) products of fractions.
  public init(of integration: ExactIntegration) {
    var counts: [Rational: (all: Int, free: Int)] = [:]
    func follow(_ rest: Int, _ product: Rational, _ isFree: Bool) {
      if rest == 0 {
        counts[product, default: (0, 0)].all += 1
        if isFree { counts[product, default: (0, 0)].free += 1 }
        return
      }
      let others = rest & (rest - 1)
      var kept = others
      while true {
        let block = rest ^ kept
        follow(
          kept, product * integration.probabilities[block],
          isFree && (block & (block - 1) == 0 || integration.isEntity(block)))
        if kept == 0 { return }
        kept = (kept - 1) & others
      }
    }
    follow(integration.whole, .one, true)
    let whole = integration.probabilities[integration.whole]
    levels = counts.sorted { $0.key > $1.key }.map { product, count in
      HierarchyLevel(integration: (whole / product).logarithm, partitions: count.all, refinementFree: count.free)
    }
    isComplete = true
  }
}
