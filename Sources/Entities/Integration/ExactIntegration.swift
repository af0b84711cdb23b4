// SPDX-License-Identifier: Apache-2.0
// Espalier: the integration of every part of a pattern, in exact fractions.

/// Specific and complete local integration of every sub-pattern of a small pattern, in exact fractions.
///
/// SLI is log2 of a ratio of probabilities; the ratios are kept, so that two partitions have equal SLI only if they do, and a complete
/// local integration of 0 is never taken for a positive one.
///
/// - Complexity: for *n* nodes about 3^*n* / 2 products of fractions; at most `mostNodes` nodes.
public struct ExactIntegration: Sendable {
  /// The pattern whose parts are judged.
  public let pattern: SpatiotemporalPattern
  /// p(x_A) at index A.
  public let probabilities: [Rational]
  /// The largest Π p(x_b) over the partitions of A into two blocks or more, at index A; 0 below two nodes.
  public let largestProducts: [Rational]

  /// The most nodes of a pattern.
  public static let mostNodes = 9

  /// Judges all parts of a pattern of a model.
  ///
  /// - Throws: `EntityError.impossible` when the pattern has probability 0, `EntityError.tooLarge` beyond `mostNodes`.
  public init<Model: ProbabilityModel>(
    of pattern: SpatiotemporalPattern, in model: Model
  ) throws(EntityError) where Model.Scalar == Rational {
    guard pattern.count <= Self.mostNodes else {
      throw .tooLarge(
        what: "exact fractions", limit: "\(Self.mostNodes) nodes", got: "\(pattern.count)",
        advice: "choose fewer nodes, or compute in floating point")
    }
    var numbers = try model.agreement(with: pattern)
    guard numbers[numbers.count - 1].isPositive else { throw .impossible(pattern: "the pattern \(pattern)") }
    SubsetSums.overSupersets(&numbers)
    self.pattern = pattern
    probabilities = numbers
    largestProducts = Self.products(numbers)
  }

  private static func products(_ probabilities: [Rational]) -> [Rational] {
    var split = [Rational](repeating: .zero, count: probabilities.count)
    var largest = probabilities
    for set in probabilities.indices where set & (set - 1) != 0 {
      let rest = set & (set - 1)
      var others = rest
      while others != 0 {
        let product = probabilities[set ^ others] * largest[others]
        if product > split[set] { split[set] = product }
        others = (others - 1) & rest
      }
      largest[set] = max(split[set], probabilities[set])
    }
    return split
  }

  /// The mask of the whole pattern.
  public var whole: Int { probabilities.count - 1 }

  /// 2 to the power of ι(x_A): p(x_A) over the largest product of blocks; nil below two nodes.
  public func completeRatio(_ mask: Int) -> Rational? {
    mask & (mask - 1) == 0 ? nil : probabilities[mask] / largestProducts[mask]
  }

  /// ι(x_A) in bits, nil below two nodes.
  public func complete(_ mask: Int) -> Double? { completeRatio(mask)?.logarithm }

  /// Whether a part is an ι-entity, decided exactly.
  public func isEntity(_ mask: Int) -> Bool { completeRatio(mask).map { $0 > .one } ?? false }

  /// 2 to the power of the specific local integration of disjoint blocks.
  public func specificRatio(_ blocks: [Int]) -> Rational {
    blocks.reduce(probabilities[blocks.reduce(0, |)]) { $0 / probabilities[$1] }
  }

  /// A partition of a part into two blocks or more whose SLI is the part's ι, nil below two nodes; of several the first, as in
  /// `LocalIntegration.leastPartition`.
  public func leastPartition(_ mask: Int) -> NodePartition? {
    guard mask & (mask - 1) != 0 else { return nil }
    var blocks: [Int] = []
    var (rest, goal) = (mask, largestProducts[mask])
    while rest != 0 {
      if rest != mask, probabilities[rest] == goal {
        blocks.append(rest)
        break
      }
      let others = rest & (rest - 1)
      var kept = others
      while kept != 0, probabilities[rest ^ kept] * max(probabilities[kept], largestProducts[kept]) != goal {
        kept = (kept - 1) & others
      }
      blocks.append(rest ^ kept)
      rest = kept
      goal = max(probabilities[kept], largestProducts[kept])
    }
    return NodePartition(masks: blocks, of: pattern.nodes)
  }

  /// The ι-entities among the parts, fewest nodes first, then by their nodes.
  public func entities() -> [IotaEntity] {
    probabilities.indices.filter { isEntity($0) }.map { mask in
      IotaEntity(
        pattern: pattern.part(mask), probability: probabilities[mask].approximation, integration: complete(mask) ?? 0)
    }.sorted { $0.pattern < $1.pattern }
  }
}
