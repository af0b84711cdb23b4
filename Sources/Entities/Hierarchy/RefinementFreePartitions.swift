// SPDX-License-Identifier: Apache-2.0
// Espalier: partitions of single nodes and ι-entities.

/// A partition of a pattern and its specific local integration.
public struct RankedPartition: Sendable, Hashable {
  /// The partition.
  public let partition: NodePartition
  /// Its specific local integration in bits.
  public let integration: Double
}

extension LocalIntegration {
  /// The refinement-free partitions of the whole pattern, those whose blocks are single nodes and ι-entities, by rising SLI.
  ///
  /// - Throws: `EntityError.tooLarge` when there are more than `limit`; `refinementFreeCount` tells how many.
  /// - Complexity: O(*partitions* · *entities*).
  public func refinementFreePartitions(limit: Int = 10_000) throws(EntityError) -> [RankedPartition] {
    let blocks = blocksByLowest()
    var found: [(masks: [Int], sum: Double)] = []
    func follow(_ rest: Int, _ masks: [Int], _ sum: Double) {
      if rest == 0 {
        found.append((masks, sum))
        return
      }
      if found.count > limit { return }
      for block in blocks[rest.trailingZeroBitCount] where block & rest == block {
        follow(rest ^ block, masks + [block], sum + surprisals[block])
      }
    }
    follow(whole, [], 0)
    guard found.count <= limit else {
      throw .tooLarge(
        what: "refinement-free partitions", limit: "\(limit)", got: "more",
        advice: "choose fewer nodes, or raise the limit")
    }
    let levels = NearlyEqual.ranks(found.map(\.sum), within: Self.tolerance)
    let ranked = found.indices.map { index in
      (
        level: levels[index], partition: NodePartition(masks: found[index].masks, of: pattern.nodes),
        sum: found[index].sum
      )
    }
    return ranked.sorted {
      ($0.level, $0.partition.blocks.count, $0.partition.description)
        < ($1.level, $1.partition.blocks.count, $1.partition.description)
    }.map { entry in
      let value = entry.sum - surprisals[whole]
      return RankedPartition(partition: entry.partition, integration: value.magnitude < Self.tolerance ? 0 : value)
    }
  }

  /// How many refinement-free partitions there are, exact below 2^53.
  ///
  /// - Complexity: O(3^*n*) at most, less where ι-entities are few.
  public var refinementFreeCount: Double {
    let blocks = blocksByLowest()
    var counts: [Int: Double] = [0: 1]
    func count(_ rest: Int) -> Double {
      if let known = counts[rest] { return known }
      var sum = 0.0
      for block in blocks[rest.trailingZeroBitCount] where block & rest == block { sum += count(rest ^ block) }
      counts[rest] = sum
      return sum
    }
    return count(whole)
  }

  /// Single nodes and ι-entities, by their lowest node.
  private func blocksByLowest() -> [[Int]] {
    var blocks = [[Int]](repeating: [], count: count)
    for mask in surprisals.indices where mask != 0 && (mask & (mask - 1) == 0 || isEntity(mask)) {
      blocks[mask.trailingZeroBitCount].append(mask)
    }
    return blocks
  }
}
