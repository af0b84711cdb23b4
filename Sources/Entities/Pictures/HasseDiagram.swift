// SPDX-License-Identifier: Apache-2.0
// Espalier: which refinement-free partition refines which.

internal import Datasets

/// The refinement-free partitions of a pattern, ranked by specific local integration, and which of them refines which.
///
/// An edge joins a partition to one that it refines when no listed one lies between (the cover relation). Each partition is drawn as a
/// small grid of space and time, one colour a block, single nodes grey.
///
///     let diagram = HasseDiagram(try integration.refinementFreePartitions(), of: chain.nodes)
///     diagram.svg   // or diagram.dot for Graphviz
public struct HasseDiagram: Sendable, Hashable {
  /// The partitions, by rising SLI.
  public let partitions: [RankedPartition]
  /// The model's variables, for their places and times.
  public let nodes: [ModelNode]
  /// For each partition the listed ones that it refines with none between.
  public let covers: [[Int]]
  /// For each partition the number of its level, from 0.
  public let ranks: [Int]

  /// Finds the cover relation of partitions that are sorted by rising SLI.
  ///
  /// - Complexity: O(*partitions*² · *nodes*), and *partitions*³ / 64 for the covers.
  public init(_ partitions: [RankedPartition], of nodes: [ModelNode]) {
    self.partitions = partitions
    self.nodes = nodes
    var ranks: [Int] = []
    for (index, ranked) in partitions.enumerated() {
      let isNew = index > 0 && ranked.integration - partitions[index - 1].integration > LocalIntegration.tolerance
      ranks.append(index == 0 ? 0 : ranks[index - 1] + (isNew ? 1 : 0))
    }
    self.ranks = ranks
    let words = (partitions.count + 63) / 64
    var coarser = [[UInt64]](repeating: [UInt64](repeating: 0, count: words), count: partitions.count)
    for (fine, left) in partitions.enumerated() {
      for (coarse, right) in partitions.enumerated()
      where left.partition.blocks.count > right.partition.blocks.count && left.partition.refines(right.partition) {
        coarser[fine][coarse / 64] |= 1 << UInt64(coarse % 64)
      }
    }
    covers = coarser.map { above in
      let list = partitions.indices.filter { above[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
      var beyond = [UInt64](repeating: 0, count: words)
      for coarse in list { for word in 0..<words { beyond[word] |= coarser[coarse][word] } }
      return list.filter { beyond[$0 / 64] >> UInt64($0 % 64) & 1 == 0 }
    }
  }

  /// The colour of each node of a partition: one a block, grey for single nodes.
  func colors(_ partition: NodePartition) -> [Int: String] {
    var colors: [Int: String] = [:]
    var next = 0
    for block in partition.blocks {
      for node in block { colors[node] = block.count == 1 ? ChartStyle.axis : ChartStyle.color(next) }
      if block.count > 1 { next += 1 }
    }
    return colors
  }

  /// The diagram as Graphviz source, finer partitions below coarser ones of higher rank; a level is one rank.
  public var dot: String {
    var text = "digraph hierarchy {\n  rankdir=BT;\n  edge [dir=none, color=\"\(ChartStyle.axis)\"];\n"
    text += "  node [shape=plaintext, fontname=\"Helvetica\", fontsize=9];\n"
    for rank in 0...(ranks.last ?? 0) where !ranks.isEmpty {
      text += "  { rank=same;"
      for index in partitions.indices where ranks[index] == rank { text += " p\(index);" }
      text += " }\n"
    }
    for (index, ranked) in partitions.enumerated() {
      let bits = NumberText.fixed(ranked.integration, decimals: 6)
      text += "  p\(index) [label=<\(table(ranked.partition))>, tooltip=\"\(ranked.partition): \(bits) bits\"];\n"
    }
    for (index, coarse) in covers.enumerated() { for other in coarse { text += "  p\(index) -> p\(other);\n" } }
    return text + "}\n"
  }

  /// A partition as an HTML-like label of Graphviz: a row a variable, a column a slice.
  private func table(_ partition: NodePartition) -> String {
    let colors = colors(partition)
    let grid = PatternGrid(partition.nodes, nodes)
    var text = "<table border=\"0\" cellborder=\"0\" cellspacing=\"1\" cellpadding=\"0\">"
    for row in 0..<grid.rows {
      text += "<tr>"
      for column in 0..<grid.columns {
        let color = grid.node(row: row, column: column).flatMap { colors[$0] } ?? ChartStyle.background
        text += "<td width=\"9\" height=\"9\" fixedsize=\"true\" bgcolor=\"\(color)\"></td>"
      }
      text += "</tr>"
    }
    return text + "</table>"
  }
}
