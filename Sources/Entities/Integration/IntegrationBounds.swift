// SPDX-License-Identifier: Apache-2.0
// Espalier: what integration can be at all.

/// The least and the largest specific local integration that a pattern of given probability can have, in bits.
///
/// Both are attained: the upper by a pattern each of whose blocks implies the whole (copies), the lower by the one of which all other
/// trajectories fail in exactly one block, each block with the same probability (the anti-pattern).
///
/// Source: M. Biehl, T. Ikegami, D. Polani, *Specific and complete local integration of patterns in Bayesian networks*, Entropy 19(5),
/// 2017. The paper calls the lower one a candidate; it holds, since Σ p(x_b) ≤ *k* − 1 + *q* for *k* blocks of a pattern of probability *q*,
/// and a product is largest when its factors are equal.
public struct IntegrationBounds: Sendable, Hashable {
  /// log2 q − k log2(1 − (1 − q) / k).
  public let lower: Double
  /// −(k − 1) log2 q.
  public let upper: Double

  /// The bounds for partitions of a pattern into a number of blocks.
  ///
  /// - Parameters:
  ///   - surprisal: −log2 *q* of the pattern, in bits, at least 0.
  ///   - blocks: *k*, at least 1; for the complete local integration as many as nodes, since the lower bound falls with *k*.
  public init(surprisal: Double, blocks: Int) {
    precondition(blocks >= 1 && surprisal >= 0, "\(blocks) blocks of a pattern of \(surprisal) bits")
    let (count, probability) = (Double(blocks), exponential(-surprisal))
    lower = blocks == 1 ? 0 : -surprisal - count * binaryLogarithm(onePlus: (probability - 1) / count)
    upper = (count - 1) * surprisal
  }

  /// The bounds of a pattern's complete local integration from its probability and those of its single nodes.
  ///
  /// The lower one is that of as many blocks as nodes; the upper one is the least surprisal of a node, since cutting that node off
  /// costs no more.
  ///
  /// - Throws: `EntityError.undefined` below two nodes.
  public init(complete integration: LocalIntegration) throws(EntityError) {
    guard integration.count >= 2 else {
      throw .undefined(
        what: "complete local integration of \(integration.count) nodes", reason: "it has no partition but the whole")
    }
    let least = (0..<integration.count).map { integration.surprisals[1 << $0] }.min() ?? 0
    self.init(
      lower: IntegrationBounds(surprisal: integration.surprisals[integration.whole], blocks: integration.count).lower,
      upper: least)
  }

  private init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }
}
