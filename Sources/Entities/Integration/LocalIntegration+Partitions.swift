// SPDX-License-Identifier: Apache-2.0
// Espalier: which partitions attain a complete local integration.

extension LocalIntegration {
  /// A partition of a part into two blocks or more whose SLI is the part's ι, nil below two nodes.
  ///
  /// Of several the one whose block of the first node is the earliest as a mask, and so on for what is left.
  ///
  /// - Complexity: O(2^*k*) for *k* nodes.
  public func leastPartition(_ mask: Int) -> NodePartition? {
    guard mask & (mask - 1) != 0 else { return nil }
    var blocks: [Int] = []
    var (rest, goal) = (mask, leastSums[mask])
    while rest != 0 {
      if rest != mask, surprisals[rest] <= goal + Self.tolerance {
        blocks.append(rest)
        break
      }
      let block = cheapestBlock(of: rest, goal: goal)
      blocks.append(block)
      rest ^= block
      goal = min(surprisals[rest], leastSums[rest])
    }
    return NodePartition(masks: blocks, of: pattern.nodes)
  }

  /// The first block with the lowest node of a set, not the whole set, that a partition of the least sum can have.
  private func cheapestBlock(of set: Int, goal: Double) -> Int {
    let low = set & -set
    let rest = set ^ low
    var others = rest
    while others != 0 {
      if surprisals[set ^ others] + min(surprisals[others], leastSums[others]) <= goal + Self.tolerance {
        return set ^ others
      }
      others = (others - 1) & rest
    }
    return set
  }

  /// All partitions of a part into two blocks or more whose SLI is its ι, in a fixed order; nil when there are more than `limit`.
  public func leastPartitions(_ mask: Int, limit: Int = 1_000) -> [NodePartition]? {
    guard mask & (mask - 1) != 0 else { return [] }
    var found: [NodePartition] = []
    var blocks: [Int] = []
    guard collect(mask, spare: leastSums[mask] + Self.tolerance, isWhole: true, &blocks, &found, limit) else {
      return nil
    }
    return found
  }

  /// Follows every block with the lowest node of `rest` whose best completion stays within what is left to spend.
  private func collect(
    _ rest: Int, spare: Double, isWhole: Bool, _ blocks: inout [Int], _ found: inout [NodePartition], _ limit: Int
  ) -> Bool {
    if rest == 0 {
      guard found.count < limit else { return false }
      found.append(NodePartition(masks: blocks, of: pattern.nodes))
      return true
    }
    let free = rest & (rest - 1)
    var others = free
    while true {
      let block = rest ^ others
      let least = others == 0 ? 0 : min(surprisals[others], leastSums[others])
      if !(isWhole && others == 0), surprisals[block] + least <= spare {
        blocks.append(block)
        let goesOn = collect(others, spare: spare - surprisals[block], isWhole: false, &blocks, &found, limit)
        blocks.removeLast()
        if !goesOn { return false }
      }
      if others == 0 { return true }
      others = (others - 1) & free
    }
  }
}
