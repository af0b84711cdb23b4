// SPDX-License-Identifier: Apache-2.0
// Espalier: integration as a share of what it could be.

extension LocalIntegration {
  /// A partition's specific local integration as a share of the largest that as many blocks could have: at most 1, without unit.
  ///
  /// - Throws: `EntityError.pattern` for nodes that the pattern does not have, `EntityError.undefined` for one block and for a part that
  ///   is certain.
  public func normalized(_ partition: NodePartition) throws(EntityError) -> Double {
    let integration = try specific(partition)
    let surprisal = surprisals[try mask(of: partition.nodes)]
    let bound = IntegrationBounds(surprisal: surprisal, blocks: max(1, partition.blocks.count)).upper
    guard partition.blocks.count > 1, surprisal > 0 else {
      throw .undefined(
        what: "normalised local integration",
        reason: partition.blocks.count > 1 ? "the pattern is certain" : "the partition has fewer than two blocks")
    }
    return integration / bound
  }

  /// The least normalised specific local integration over all partitions of the whole pattern but the whole itself.
  ///
  /// It has the sign of the complete local integration, but may be attained by another partition: one into many blocks is held against
  /// a larger bound.
  ///
  /// - Throws: `EntityError.undefined` below two nodes and for a certain pattern, `EntityError.tooLarge` beyond 16 nodes.
  /// - Complexity: O(*n* 3^*n*) time, 4 *n* 2^*n* bytes: the least sums of every set into *k* blocks follow from those into *k* − 1.
  ///
  /// Source: M. Biehl, T. Ikegami, D. Polani, *Specific and complete local integration of patterns in Bayesian networks*,
  /// Entropy 19(5), 2017.
  public func normalizedComplete() throws(EntityError) -> NormalizedIntegration {
    guard count >= 2, surprisals[whole] > 0 else {
      throw .undefined(
        what: "normalised complete local integration",
        reason: count >= 2 ? "the pattern is certain" : "\(count) nodes have no partition but the whole")
    }
    guard count <= 16 else {
      throw .tooLarge(
        what: "nodes of a normalised integration", limit: "16", got: "\(count)", advice: "choose fewer nodes")
    }
    var sums = surprisals
    var choices: [[Int32]] = [[], []]
    var best = (value: Double.infinity, blocks: 1)
    for blocks in 2...count {
      let layer = Self.split(sums, costs: surprisals)
      sums = layer.sums
      choices.append(layer.choices)
      let value = (sums[whole] - surprisals[whole]) / (Double(blocks - 1) * surprisals[whole])
      if value < best.value { best = (value, blocks) }
    }
    var masks: [Int] = []
    var rest = whole
    for blocks in stride(from: best.blocks, to: 1, by: -1) {
      masks.append(Int(choices[blocks][rest]))
      rest ^= masks[masks.count - 1]
    }
    return NormalizedIntegration(value: best.value, partition: NodePartition(masks: masks + [rest], of: pattern.nodes))
  }

  /// The least sums of all sets into one block more, and the block that holds each set's first node; infinite where there are too few
  /// nodes.
  private static func split(_ sums: [Double], costs: [Double]) -> (sums: [Double], choices: [Int32]) {
    var result = [Double](repeating: .infinity, count: sums.count)
    var choices = [Int32](repeating: 0, count: sums.count)
    for set in 1..<sums.count {
      let rest = set & (set - 1)
      var (lowest, choice) = (Double.infinity, 0)
      var others = rest
      while others != 0 {
        let sum = costs[set ^ others] + sums[others]
        if sum < lowest { (lowest, choice) = (sum, set ^ others) }
        others = (others - 1) & rest
      }
      (result[set], choices[set]) = (lowest, Int32(choice))
    }
    return (result, choices)
  }
}
