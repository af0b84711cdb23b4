// SPDX-License-Identifier: Apache-2.0
// Espalier: the lowest levels of hierarchies too large to list.

extension DisintegrationHierarchy {
  /// The lowest levels of a pattern, exactly counted.
  ///
  /// Partitions are not listed one by one: for each set of nodes still to be shared out stands a list of the sums below a bound and of how
  /// many partitions have each. Least sums of sets, known exactly, rule out what cannot stay below the bound, so there are no dead
  /// ends; the bound is raised until it holds enough levels.
  ///
  /// - Parameters:
  ///   - lowest: how many levels are asked for; fewer come when there are no more, or when the next ones would take too many sums.
  ///   - budget: the most sums in all lists; fifty times as many blocks may be tried.
  /// - Throws: `EntityError.tooLarge` beyond `mostNodesForLowest`, or when even one level takes more than the budget.
  public init(of integration: LocalIntegration, lowest: Int, budget: Int = 20_000_000) throws(EntityError) {
    guard integration.count <= Self.mostNodesForLowest else {
      throw .tooLarge(
        what: "the levels of a disintegration hierarchy", limit: "\(Self.mostNodesForLowest) nodes",
        got: "\(integration.count)",
        advice: "choose fewer nodes")
    }
    let whole = integration.whole
    let least = min(integration.surprisals[whole], integration.leastSums[whole])
    // No sum is larger than this: a block costs no more than the whole.
    let largest = Double(integration.count) * integration.surprisals[whole] + 1
    var step = max(1e-9, largest / 65_536)
    var factor = 2.0
    var isShrinking = false
    var best: DisintegrationHierarchy?
    while step > 1e-12 {
      var lists = SumLists(integration, bound: least + step, budget: budget)
      if let levels = lists.levels() {
        let isAll = step >= largest && levels.count <= lowest
        factor = levels.count == best?.levels.count ? factor * 4 : 2
        best = DisintegrationHierarchy(levels: Array(levels.prefix(lowest)), isComplete: isAll)
        if levels.count >= lowest || step >= largest || isShrinking { break }
        step *= factor
      } else {
        if best != nil { break }
        isShrinking = true
        step /= 8
      }
    }
    guard let best else {
      throw .tooLarge(
        what: "the lowest level of the hierarchy", limit: "\(budget) sums", got: "more", advice: "choose fewer nodes")
    }
    self = best
  }
}

/// Sums of partitions of what is left, with counts, below a bound.
private struct SumLists {
  struct Entry {
    var sum: Double
    var all: Int
    var free: Int
  }

  private let integration: LocalIntegration
  private let bound: Double
  private var left: Int
  private var blocksLeft: Int
  private var lists: [Int: [Entry]] = [:]

  init(_ integration: LocalIntegration, bound: Double, budget: Int) {
    self.integration = integration
    self.bound = bound
    left = budget
    blocksLeft = 50 * budget
  }

  private func least(_ set: Int) -> Double {
    set == 0 ? 0 : min(integration.surprisals[set], integration.leastSums[set])
  }

  /// The levels below the bound, nil beyond the budget.
  mutating func levels() -> [HierarchyLevel]? {
    guard let entries = list(integration.whole) else { return nil }
    let whole = integration.surprisals[integration.whole]
    return entries.map { entry in
      let value = entry.sum - whole
      return HierarchyLevel(
        integration: value.magnitude < LocalIntegration.tolerance ? 0 : value, partitions: entry.all,
        refinementFree: entry.free)
    }
  }

  private mutating func list(_ rest: Int) -> [Entry]? {
    if rest == 0 { return [Entry(sum: 0, all: 1, free: 1)] }
    if let known = lists[rest] { return known }
    let limit = bound - least(integration.whole ^ rest) + LocalIntegration.tolerance
    let others = rest & (rest - 1)
    blocksLeft -= 1 << others.nonzeroBitCount
    if blocksLeft < 0 { return nil }
    var found: [Entry] = []
    var kept = others
    while true {
      let block = rest ^ kept
      let cost = integration.surprisals[block]
      if cost + least(kept) <= limit {
        guard let below = list(kept) else { return nil }
        let isFree = block & (block - 1) == 0 || integration.isEntity(block)
        for entry in below where cost + entry.sum <= limit {
          found.append(Entry(sum: cost + entry.sum, all: entry.all, free: isFree ? entry.free : 0))
        }
        if found.count > left { return nil }
      }
      if kept == 0 { break }
      kept = (kept - 1) & others
    }
    let merged = Self.merged(found)
    left -= merged.count
    if left < 0 { return nil }
    lists[rest] = merged
    return merged
  }

  /// One entry for each run of sums closer than the tolerance.
  private static func merged(_ entries: [Entry]) -> [Entry] {
    var result: [Entry] = []
    var last = -Double.infinity
    for entry in entries.sorted(by: { $0.sum < $1.sum }) {
      if entry.sum - last <= LocalIntegration.tolerance {
        result[result.count - 1].all += entry.all
        result[result.count - 1].free += entry.free
      } else {
        result.append(entry)
      }
      last = entry.sum
    }
    return result
  }
}
