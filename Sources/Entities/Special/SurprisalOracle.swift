// SPDX-License-Identifier: Apache-2.0
// Espalier: surprisals of parts of a pattern of any size, one at a time.

/// f(A) = −log2 p(x_A) for parts of one pattern, asked for one by one and remembered.
///
/// `LocalIntegration` knows all 2^*n* of them at once; this one is for patterns whose parts cannot be listed. It counts how many it
/// had to work out, and refuses to go beyond a budget.
///
///     var oracle = try SurprisalOracle(of: pattern, in: model, budget: 10_000)
///     try oracle.integration(of: NodePartition([[0, 2], [1, 3]]))
///
/// - Complexity: an evaluation costs what `probability(of:)` does; a repeated one the hash of *n* bits.
public struct SurprisalOracle<Model: ProbabilityModel>: Sendable where Model.Scalar == Double {
  /// The model that is asked.
  public let model: Model
  /// The pattern x_O whose parts are asked for.
  public let pattern: SpatiotemporalPattern
  /// How many surprisals may be worked out.
  public let budget: Int
  /// f(O) in bits.
  public let whole: Double
  /// How many surprisals were worked out, not counting f(O) and those remembered.
  public private(set) var evaluations = 0
  /// A part of the budget that a step may use up; nothing is worked out beyond it.
  var allowance = Int.max
  private var known: [NodeSet: Double] = [:]
  private let isCancelled: @Sendable () -> Bool

  /// The most surprisals that are remembered.
  private static var mostKnown: Int { 1 << 20 }

  /// Asks for the whole pattern's probability.
  ///
  /// - Parameters:
  ///   - pattern: the pattern whose parts are asked for.
  ///   - model: whom to ask.
  ///   - budget: how many surprisals may be worked out.
  ///   - isCancelled: asked before each; true ends the work as an empty budget does.
  /// - Throws: `EntityError.impossible` for a pattern of probability 0, `EntityError.tooLarge` for one whose probability is below
  ///   what a `Double` holds with full precision, and what the model throws.
  public init(
    of pattern: SpatiotemporalPattern, in model: Model, budget: Int = .max,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(EntityError) {
    self.model = model
    self.pattern = pattern
    self.budget = budget
    self.isCancelled = isCancelled
    let probability = try model.probability(of: pattern)
    guard probability > 0 else {
      throw .impossible(
        pattern: "the pattern of \(pattern.count) nodes",
        advice: "choose a trajectory that the model can take (probabilities below 1e-308 also count as 0)")
    }
    guard probability >= .leastNormalMagnitude else {
      throw .tooLarge(
        what: "the surprisal of a pattern, in bits", limit: "1022", got: "\(probability.surprisal)",
        advice: "choose fewer nodes")
    }
    whole = max(0, probability.surprisal)
  }

  /// Whether no further surprisal will be worked out.
  public var isExhausted: Bool { evaluations >= min(budget, allowance) || isCancelled() }

  /// f of the part on some of the pattern's nodes, in bits; 0 for none.
  ///
  /// - Throws: `EntityError.pattern` for a node that the pattern does not have, `EntityError.tooLarge` when the budget is spent.
  public mutating func surprisal(of nodes: [Int]) throws(EntityError) -> Double {
    try surprisal(of: positions(of: nodes))
  }

  /// The specific local integration of a partition of the pattern's nodes, in bits.
  ///
  /// - Throws: `EntityError.pattern` when it is not one of all the pattern's nodes, `EntityError.tooLarge` when the budget is spent.
  public mutating func integration(of partition: NodePartition) throws(EntityError) -> Double {
    guard partition.nodes == pattern.nodes else {
      throw .pattern(expected: "a partition of the nodes \(pattern.nodes)", got: "\(partition)")
    }
    var sum = -whole
    for block in partition.blocks { sum += try surprisal(of: block) }
    return sum
  }

  /// The positions in the pattern of some of its nodes.
  private func positions(of nodes: [Int]) throws(EntityError) -> NodeSet {
    var set = NodeSet(upTo: pattern.count)
    for node in nodes {
      guard let position = pattern.nodes.firstIndex(of: node) else {
        throw .pattern(expected: "nodes of the pattern, \(pattern.nodes)", got: "\(node)")
      }
      set.insert(position)
    }
    return set
  }

  /// f of a set of positions.
  mutating func surprisal(of set: NodeSet) throws(EntityError) -> Double {
    let members = set.members
    if members.isEmpty { return 0 }
    if members.count == pattern.count { return whole }
    if let cost = known[set] { return cost }
    let part = SpatiotemporalPattern(
      nodes: members.map { pattern.nodes[$0] }, values: members.map { pattern.values[$0] })
    let cost = max(0, try probability(of: part).surprisal)
    if known.count < Self.mostKnown { known[set] = cost }
    return cost
  }

  /// Lets the next step use a share of what is left of the budget: 1 / `divisor`.
  mutating func allow(_ divisor: Int) {
    allowance = divisor == 1 ? .max : evaluations + (budget - evaluations) / divisor
  }

  /// The model's answer, counted.
  mutating func probability(of part: SpatiotemporalPattern) throws(EntityError) -> Double {
    guard !isExhausted else {
      throw .tooLarge(
        what: "probabilities worked out for one pattern", limit: "\(evaluations)", got: "one more",
        advice: "raise the budget")
    }
    evaluations += 1
    return try model.probability(of: part)
  }

  /// The sum of the blocks' surprisals − f(O).
  mutating func integration(of blocks: [NodeSet]) throws(EntityError) -> Double {
    var sum = -whole
    for block in blocks { sum += try surprisal(of: block) }
    return sum
  }

  /// The partition that blocks of positions stand for.
  func partition(_ blocks: [NodeSet]) -> NodePartition {
    NodePartition(ordering: blocks.map { $0.members.map { pattern.nodes[$0] } })
  }
}
