// SPDX-License-Identifier: Apache-2.0
// Espalier: nodes shared out to blocks.

/// A partition of a set of nodes: every node is in exactly one block.
///
/// Blocks are stored rising inside and by their first nodes, so that equal partitions are equal values.
public struct NodePartition: Sendable, Hashable {
  /// The blocks, each rising, in the order of their first nodes.
  public let blocks: [[Int]]

  /// Puts blocks of distinct nodes in order.
  ///
  /// - Throws: `EntityError.pattern` for an empty block or a node that stands twice.
  public init(_ blocks: [[Int]]) throws(EntityError) {
    var seen = Set<Int>()
    for block in blocks {
      guard !block.isEmpty else { throw .pattern(expected: "blocks of at least one node", got: "an empty block") }
      for node in block where !seen.insert(node).inserted {
        throw .pattern(expected: "every node in one block", got: "node \(node) twice")
      }
    }
    self.init(ordering: blocks)
  }

  /// Puts blocks that are known to be disjoint and not empty in order.
  init(ordering blocks: [[Int]]) {
    self.blocks = blocks.map { $0.sorted() }.sorted { $0[0] < $1[0] }
  }

  /// Blocks as bit masks over `nodes`: bit *k* stands for `nodes[k]`.
  init(masks: [Int], of nodes: [Int]) {
    self.init(ordering: masks.map { mask in nodes.indices.filter { mask >> $0 & 1 == 1 }.map { nodes[$0] } })
  }

  /// The nodes of all blocks, rising.
  public var nodes: [Int] { blocks.flatMap { $0 }.sorted() }

  /// Whether every block lies inside a block of another partition of the same nodes.
  public func refines(_ other: NodePartition) -> Bool {
    var owner: [Int: Int] = [:]
    for (index, block) in other.blocks.enumerated() { for node in block { owner[node] = index } }
    return blocks.allSatisfy { block in block.allSatisfy { owner[$0] != nil && owner[$0] == owner[block[0]] } }
  }
}

extension NodePartition: CustomStringConvertible {
  /// "0,2|1,3": nodes parted by commas, blocks by bars.
  public var description: String {
    blocks.map { $0.map { "\($0)" }.joined(separator: ",") }.joined(separator: "|")
  }
}
