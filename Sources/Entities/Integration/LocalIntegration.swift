// SPDX-License-Identifier: Apache-2.0
// Espalier: the integration of every part of a pattern.

public import SparseCore

/// Specific and complete local integration of every sub-pattern of one pattern.
///
/// With f(A) = −log2 p(x_A), the specific local integration of a partition π of O is Σ f(b) over its blocks − f(O): by how many bits
/// the pattern is more probable than its blocks would be if they were independent. The complete local integration ι is its least value
/// over all partitions but the whole; two blocks are not enough to look at. Instead of enumerating the partitions, of which 20 nodes
/// have 5 · 10^13, the least sum of each node set is found from those of its subsets.
///
///     let integration = try LocalIntegration(of: SpatiotemporalPattern(trajectory: [0, 0, 0, 0, 0, 0]), in: chain)
///     integration.complete          // ι of the whole pattern, in bits
///     integration.entities()        // its ι-entities
///
/// A set of the pattern's nodes is a mask: bit *k* stands for `pattern.nodes[k]`.
///
/// - Complexity: for *n* nodes about 3^*n* / 2 sums in vector instructions and 16 · 2^*n* bytes.
public struct LocalIntegration: Sendable {
  /// The pattern whose parts are judged.
  public let pattern: SpatiotemporalPattern
  /// f(A) in bits at index A.
  public let surprisals: [Double]
  /// The least Σ f(b) over the partitions of A into two blocks or more, at index A; infinite below two nodes.
  public let leastSums: [Double]

  /// SLI values closer than this, in bits, count as equal.
  public static let tolerance = 1e-10
  /// A complete local integration counts as positive above this, in bits.
  public static let threshold = 1e-9

  /// Judges all parts of a pattern of a model.
  ///
  /// - Throws: `EntityError.impossible` when the pattern has probability 0, `EntityError.tooLarge` beyond `mostNodes` or the model's
  ///   budget.
  public init<Model: ProbabilityModel>(
    of pattern: SpatiotemporalPattern, in model: Model, workers: Workers? = nil
  ) throws(EntityError) where Model.Scalar == Double {
    try self.init(agreement: try model.agreement(with: pattern), with: pattern, workers: workers)
  }

  /// Judges all parts of a pattern from its agreement histogram (`ProbabilityModel.agreement`), 2^*n* numbers.
  ///
  /// - Throws: `EntityError.impossible` when the pattern has probability 0.
  public init(
    agreement: [Double], with pattern: SpatiotemporalPattern, workers: Workers? = nil
  ) throws(EntityError) {
    precondition(agreement.count == 1 << pattern.count, "\(agreement.count) numbers for \(pattern.count) nodes")
    guard agreement[agreement.count - 1] > 0 else {
      throw .impossible(
        pattern: "the pattern \(pattern)",
        advice: "choose a trajectory that the model can take; below 1e-308 only fractions tell a probability from 0")
    }
    var costs = agreement
    SubsetSums.overSupersets(&costs)
    for mask in costs.indices { costs[mask] = mask == 0 ? 0 : max(0, costs[mask].surprisal) }
    self.pattern = pattern
    leastSums = Kernels.leastPartitionSums(costs, workers: workers)
    surprisals = costs
  }

  /// The nodes of the pattern.
  public var count: Int { pattern.count }

  /// The mask of the whole pattern.
  public var whole: Int { surprisals.count - 1 }

  /// p(x_A).
  public func probability(_ mask: Int) -> Double { exponential(-surprisals[mask]) }

  /// ι(x_A) in bits, nil below two nodes.
  public func complete(_ mask: Int) -> Double? {
    mask & (mask - 1) == 0 ? nil : leastSums[mask] - surprisals[mask]
  }

  /// ι of the whole pattern in bits, nil below two nodes.
  public var complete: Double? { complete(whole) }

  /// Whether a part is an ι-entity.
  public func isEntity(_ mask: Int, above threshold: Double = LocalIntegration.threshold) -> Bool {
    complete(mask).map { $0 > threshold } ?? false
  }

  /// The specific local integration of blocks, in bits; they must be disjoint masks.
  public func specific(_ blocks: [Int]) -> Double {
    blocks.reduce(0) { $0 + surprisals[$1] } - surprisals[blocks.reduce(0, |)]
  }

  /// The specific local integration of a partition of some of the pattern's nodes, in bits; 0 for one block.
  ///
  /// - Throws: `EntityError.pattern` for nodes that the pattern does not have.
  public func specific(_ partition: NodePartition) throws(EntityError) -> Double {
    var masks: [Int] = []
    for block in partition.blocks { masks.append(try mask(of: block)) }
    return specific(masks)
  }

  /// The mask of some of the pattern's nodes.
  ///
  /// - Throws: `EntityError.pattern` for a node that the pattern does not have.
  public func mask(of nodes: [Int]) throws(EntityError) -> Int {
    var mask = 0
    for node in nodes {
      guard let bit = pattern.nodes.firstIndex(of: node) else {
        throw .pattern(expected: "nodes of the pattern, \(pattern.nodes)", got: "\(node)")
      }
      mask |= 1 << bit
    }
    return mask
  }

  /// The ι-entities among the parts, fewest nodes first, then by their nodes.
  public func entities(above threshold: Double = LocalIntegration.threshold) -> [IotaEntity] {
    entityMasks(above: threshold).map { mask in
      IotaEntity(
        pattern: pattern.part(mask), probability: probability(mask), integration: leastSums[mask] - surprisals[mask])
    }
  }

  /// The masks of the ι-entities, in the order of `entities(above:)`.
  public func entityMasks(above threshold: Double = LocalIntegration.threshold) -> [Int] {
    surprisals.indices.filter { leastSums[$0] - surprisals[$0] > threshold && $0 & ($0 - 1) != 0 }
      .map { (mask: $0, size: $0.nonzeroBitCount, order: Self.reversed($0, count)) }
      .sorted { $0.size != $1.size ? $0.size < $1.size : $0.order > $1.order }
      .map(\.mask)
  }

  /// The mask with its first node as the highest bit, so that larger numbers come earlier in the order of nodes.
  private static func reversed(_ mask: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 << 1 | (mask >> $1 & 1) }
  }
}
