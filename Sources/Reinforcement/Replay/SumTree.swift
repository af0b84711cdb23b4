// SPDX-License-Identifier: Apache-2.0
// Espalier: draws in proportion to priorities.

/// A binary tree of sums: a draw in proportion to priorities, and a change of one, in O(log *count*).
///
/// Source: T. Schaul, J. Quan, I. Antonoglou, D. Silver, *Prioritized Experience Replay*, ICLR 2016, appendix B.2.1,
/// arXiv 1511.05952.
///
/// - Invariant: each inner node is the sum of its two children, in that order, so that the sums do not depend on the order of changes.
struct SumTree: Sendable, Equatable {
  /// Places for priorities.
  let count: Int
  private let leaves: Int
  /// The root is number 1; the children of node *i* are 2 *i* and 2 *i* + 1.
  private var nodes: [Double]

  /// A tree of zeros.
  init(count: Int) {
    precondition(count > 0, "a tree for \(count) priorities")
    self.count = count
    var leaves = 1
    while leaves < count { leaves *= 2 }
    self.leaves = leaves
    nodes = [Double](repeating: 0, count: 2 * leaves)
  }

  /// Bytes of all nodes.
  var bytes: Int { MemoryLayout<Double>.stride * nodes.count }

  /// The sum of all priorities.
  var total: Double { nodes[1] }

  /// A priority: at least 0 and finite.
  subscript(index: Int) -> Double {
    get { nodes[leaves + index] }
    set {
      precondition(newValue >= 0 && newValue.isFinite, "a priority of \(newValue)")
      var node = leaves + index
      nodes[node] = newValue
      node /= 2
      while node >= 1 {
        nodes[node] = nodes[2 * node] + nodes[2 * node + 1]
        node /= 2
      }
    }
  }

  /// The place at which the running sum of priorities passes `sum`, which is at least 0 and below ``total``.
  func place(of sum: Double) -> Int {
    var (node, rest) = (1, sum)
    while node < leaves {
      node *= 2
      // Rounding may leave a rest in a part without priorities: it must not be entered.
      if rest >= nodes[node] && nodes[node + 1] > 0 {
        rest -= nodes[node]
        node += 1
      }
    }
    return min(count - 1, node - leaves)
  }

  /// The priorities of all places.
  var priorities: [Double] { Array(nodes[leaves..<leaves + count]) }
}
