// SPDX-License-Identifier: Apache-2.0
// Espalier: complete local integration of one variable's past.

/// The complete local integration of a pattern of a univariate Markov chain, for thousands of times.
///
/// A block's surprisal is −log2 p(x_t) of its first time and −log2 P(x_t' | x_t) for each next one, so the cheapest partition is a
/// cheapest cover of the times by paths, which is an assignment problem; the whole pattern is the one path that must not be taken.
/// A pattern that leaves times out is a chain too, with the transitions over the times between.
///
/// - Complexity: O(*n*²) time for the integration when it is not negative, O(*n*³) at worst otherwise, 4 *n*² bytes; before that
///   O(*u* *T* *S*²) for the *u* states visited when all steps are equal, O(*n* *T* *S*²) when not.
///
/// Source: the assignment: R. Jonker, A. Volgenant, Computing 38, 1987.
public struct ChainIntegration: Sendable, Hashable {
  /// The pattern judged; its nodes are times.
  public let pattern: SpatiotemporalPattern
  /// f of the pattern, −log2 p(x_O), in bits.
  public let surprisal: Double
  /// ι of the pattern in bits.
  public let complete: Double
  /// A partition whose specific local integration is `complete`.
  public let partition: NodePartition

  /// Judges a pattern of a chain.
  ///
  /// - Throws: `EntityError.undefined` below two times, `EntityError.impossible` when the pattern has probability 0,
  ///   `EntityError.tooLarge` beyond 20,000 times or when a transition over several steps is too improbable for a `Double`.
  public init(of pattern: SpatiotemporalPattern, in chain: UnivariateChain) throws(EntityError) {
    try chain.check(pattern)
    guard pattern.count >= 2 else {
      throw .undefined(
        what: "complete local integration of \(pattern.count) nodes", reason: "it has no partition but the whole")
    }
    guard pattern.count <= 20_000 else {
      throw .tooLarge(
        what: "times of a chain's pattern", limit: "20000", got: "\(pattern.count)", advice: "choose a shorter window")
    }
    let starts = try Self.starts(pattern, chain)
    let links = try Self.links(pattern, chain)
    var weights = links
    var place = 0
    for to in 0..<pattern.count {
      for _ in 0..<to {
        weights[place] -= starts[to]
        place += 1
      }
    }
    let (excess, predecessors) = PathCover(count: pattern.count, weights: weights).bestOther()
    var owner: [Int] = []
    var blocks: [[Int]] = []
    for (point, before) in predecessors.enumerated() {
      owner.append(before < 0 ? blocks.count : owner[before])
      if before < 0 {
        blocks.append([pattern.nodes[point]])
      } else {
        blocks[owner[before]].append(pattern.nodes[point])
      }
    }
    self.pattern = pattern
    var sum = starts[0]
    for to in 1..<pattern.count { sum += links[to * (to - 1) / 2 + to - 1] }
    surprisal = sum
    complete = excess
    partition = NodePartition(ordering: blocks)
  }

  /// Whether the pattern is an ι-entity.
  public func isEntity(above threshold: Double = LocalIntegration.threshold) -> Bool { complete > threshold }

  /// ι of several patterns of chains that are independent of each other, taken together: the sum of their negative parts, 0 when
  /// none is negative; two or more.
  ///
  /// A block that reaches into several chains costs as much as its parts in each, so every chain may be cut on its own.
  public static func complete(ofIndependent parts: [ChainIntegration]) -> Double {
    precondition(parts.count > 1, "\(parts.count) independent chains")
    return parts.reduce(0) { $0 + min(0, $1.complete) }
  }

  /// −log2 p(x_t) of each node.
  private static func starts(_ pattern: SpatiotemporalPattern, _ chain: UnivariateChain) throws(EntityError) -> [Double]
  {
    var law = chain.initial
    var time = 0
    var costs: [Double] = []
    for (node, value) in zip(pattern.nodes, pattern.values) {
      while time < node {
        law = chain.next(law, after: time)
        time += 1
      }
      costs.append(try cost(law[value], isNext: true, at: node, pattern))
    }
    return costs
  }

  /// −log2 P(x_t' | x_t) of each pair of nodes t < t', those to the same t' together.
  private static func links(_ pattern: SpatiotemporalPattern, _ chain: UnivariateChain) throws(EntityError) -> [Double]
  {
    let (nodes, values, count) = (pattern.nodes, pattern.values, pattern.count)
    var costs = [Double](repeating: 0, count: count * (count - 1) / 2)
    if chain.isStationary {
      var users: [Int: [Int]] = [:]
      for (place, value) in values.enumerated() { users[value, default: []].append(place) }
      for (state, places) in users.sorted(by: { $0.key < $1.key }) {
        var law = [Double](repeating: 0, count: chain.initial.count)
        law[state] = 1
        var next = places.map { $0 + 1 }
        var isSettled = false
        for distance in 1...max(1, nodes[count - 1] - nodes[places[0]]) where distance < chain.timeSteps {
          if !isSettled {
            let next = chain.next(law, after: 0)
            isSettled = next == law
            law = next
          }
          for (index, from) in places.enumerated() where next[index] < count {
            let to = next[index]
            guard nodes[to] - nodes[from] == distance else { continue }
            costs[to * (to - 1) / 2 + from] = try cost(law[values[to]], isNext: to == from + 1, at: nodes[to], pattern)
            next[index] += 1
          }
        }
      }
      return costs
    }
    for from in 0..<count - 1 {
      var law = [Double](repeating: 0, count: chain.nodes[nodes[from]].stateCount)
      law[values[from]] = 1
      var time = nodes[from]
      for to in from + 1..<count {
        while time < nodes[to] {
          law = chain.next(law, after: time)
          time += 1
        }
        costs[to * (to - 1) / 2 + from] = try cost(law[values[to]], isNext: to == from + 1, at: nodes[to], pattern)
      }
    }
    return costs
  }

  private static func cost(
    _ probability: Double, isNext: Bool, at node: Int, _ pattern: SpatiotemporalPattern
  ) throws(EntityError) -> Double {
    if probability >= .leastNormalMagnitude { return max(0, probability.surprisal) }
    if probability == 0 && isNext {
      throw .impossible(pattern: "a pattern of \(pattern.count) times, at time \(node),")
    }
    throw .tooLarge(
      what: "a transition over several steps, in bits", limit: "1022", got: "more, to time \(node)",
      advice: "choose a pattern with fewer improbable steps")
  }
}
