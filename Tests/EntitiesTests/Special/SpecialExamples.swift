// SPDX-License-Identifier: Apache-2.0
// Espalier: random chains and slow ways to judge them.

import Entities
import SparseCore

/// What the tests of the special methods share.
enum SpecialExamples {
  /// log2, by the standard library's means alone.
  static func bits(_ value: Double) -> Double { Random.logarithm(value) / 0.6931471805599453 }

  /// A probability law of some states; `sharp` laws have one likely state.
  static func law(_ states: Int, sharp: Bool, _ random: inout Random) -> [Double] {
    var weights = (0..<states).map { _ in 0.02 + random.uniformDouble() }
    if sharp { weights[random.below(states)] += 8 }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// A chain: even rounds have one transition, odd ones a transition a step; every other pair prefers to stay.
  static func chain(_ round: Int, _ random: inout Random, least: Int = 2, most: Int = 10) throws -> UnivariateChain {
    let steps = least + random.below(most - least + 1)
    let states = 2 + random.below(3)
    func matrix() -> [Double] {
      (0..<states).flatMap { row in
        var law = law(states, sharp: round % 4 >= 2, &random)
        if round / 2 % 2 == 1 { for state in law.indices { law[state] = law[state] * 0.2 + (state == row ? 0.8 : 0) } }
        return law
      }
    }
    let initial = law(states, sharp: false, &random)
    return round % 2 == 0
      ? try UnivariateChain(initial: initial, transition: matrix(), timeSteps: steps)
      : try UnivariateChain(initial: initial, transitions: (1..<steps).map { _ in matrix() })
  }

  /// A trajectory, drawn: from the chain, or at every fourth step from anywhere.
  static func trajectory(of chain: UnivariateChain, _ random: inout Random) -> [Int] {
    var values: [Int] = []
    for time in 0..<chain.timeSteps {
      let states = chain.nodes[time].stateCount
      let row =
        time == 0
        ? chain.initial
        : Array(chain.transitions[time - 1][values[time - 1] * states..<(values[time - 1] + 1) * states])
      var (draw, value) = (random.uniformDouble(), 0)
      while value < states - 1, draw >= row[value] {
        draw -= row[value]
        value += 1
      }
      values.append(random.below(4) == 0 ? random.below(states) : value)
    }
    return values
  }

  /// All partitions, by restricted growth.
  static func partitions(of nodes: [Int]) -> [[[Int]]] {
    nodes.reduce([[]]) { partial, node in
      partial.flatMap { blocks in
        (0...blocks.count).map { place in
          var next = blocks
          if place == blocks.count { next.append([node]) } else { next[place].append(node) }
          return next
        }
      }
    }
  }

  /// ι of a chain's pattern: for each forbidden link a whole assignment of predecessors or starts to the times.
  static func naiveCover(_ pattern: SpatiotemporalPattern, _ chain: UnivariateChain) throws -> Double {
    let count = pattern.count
    func cost(_ places: [Int]) throws -> Double {
      -bits(try chain.probability(of: pattern.part(on: places.map { pattern.nodes[$0] })))
    }
    let starts = try (0..<count).map { try cost([$0]) }
    var links = [[Double]](repeating: [Double](repeating: 1e6, count: 2 * count), count: count)
    for to in 0..<count {
      links[to][count + to] = starts[to]
      for from in 0..<to { links[to][from] = try cost([from, to]) - starts[from] }
    }
    let whole = (1..<count).reduce(starts[0]) { $0 + links[$1][$1 - 1] }
    return (1..<count).map { forbidden in
      var costs = links
      costs[forbidden][forbidden - 1] = 1e6
      return assignment(costs) - whole
    }.min() ?? .infinity
  }

  /// The least sum of one entry a row, no two in one column (Kuhn and Munkres, with potentials).
  static func assignment(_ costs: [[Double]]) -> Double {
    let (rows, columns) = (costs.count, costs[0].count)
    var (u, v) = ([Double](repeating: 0, count: rows + 1), [Double](repeating: 0, count: columns + 1))
    var (owner, way) = ([Int](repeating: 0, count: columns + 1), [Int](repeating: 0, count: columns + 1))
    for row in 1...rows {
      owner[0] = row
      var column = 0
      var least = [Double](repeating: .infinity, count: columns + 1)
      var used = [Bool](repeating: false, count: columns + 1)
      repeat {
        used[column] = true
        var (delta, next) = (Double.infinity, 0)
        for other in 1...columns where !used[other] {
          let reduced = costs[owner[column] - 1][other - 1] - u[owner[column]] - v[other]
          if reduced < least[other] { (least[other], way[other]) = (reduced, column) }
          if least[other] < delta { (delta, next) = (least[other], other) }
        }
        for other in 0...columns {
          if used[other] {
            u[owner[other]] += delta
            v[other] -= delta
          } else {
            least[other] -= delta
          }
        }
        column = next
      } while owner[column] != 0
      repeat {
        owner[column] = owner[way[column]]
        column = way[column]
      } while column != 0
    }
    return (1...columns).reduce(0) { $0 + (owner[$1] > 0 ? costs[owner[$1] - 1][$1 - 1] : 0) }
  }

  /// Binary nodes that prefer to agree, each pair by a factor of its own, each node with a leaning of its own.
  static func ferromagnet(_ count: Int, _ random: inout Random) throws -> JointTable<Double> {
    var weights = [Double](repeating: 1, count: 1 << count)
    for first in 0..<count {
      let leaning = 0.3 + 1.5 * random.uniformDouble()
      for index in weights.indices where index >> first & 1 == 1 { weights[index] *= leaning }
      for second in 0..<first {
        let factor = 1 + 2 * random.uniformDouble()
        for index in weights.indices where index >> first & 1 == index >> second & 1 { weights[index] *= factor }
      }
    }
    let sum = weights.reduce(0, +)
    return try JointTable(
      nodes: (0..<count).map { ModelNode("x\($0)", states: 2, place: $0) },
      entries: weights.indices.map { index in
        Trajectory(values: (0..<count).map { index >> $0 & 1 }, probability: weights[index] / sum)
      })
  }

  /// Three exchangeable bits whose pattern of ones is split best into three, not two.
  static func trap() throws -> JointTable<Double> {
    let chances = [0.01, 0.2, 0.09, 0.12]
    return try JointTable(
      nodes: (0..<3).map { ModelNode("x\($0)", states: 2, place: $0) },
      entries: (0..<8).map { index in
        let values = (0..<3).map { index >> $0 & 1 }
        return Trajectory(values: values, probability: chances[values.reduce(0, +)])
      })
  }

  /// Pairs of nodes of two and three states, each pair with a joint table given one node of an earlier pair and one of any other.
  static func network(pairs: Int, sharp: Bool, _ random: inout Random) throws -> BayesianNetwork<Double> {
    let nodes = (0..<2 * pairs).map { ModelNode("x\($0)", states: 2 + $0 % 2, place: $0 % 2, time: $0 / 2) }
    let tables = (0..<pairs).map { pair in
      var parents: [Int] = []
      if pair > 0 { parents = [2 * pair - 1 - random.below(2)] }
      if pair > 1 { parents.append(random.below(2 * pair - 2)) }
      let rows = parents.reduce(1) { $0 * nodes[$1].stateCount }
      let values = (0..<rows).flatMap { _ in law(6, sharp: sharp, &random) }
      return ConditionalTable(nodes: [2 * pair, 2 * pair + 1], parents: parents, values: values)
    }
    return try BayesianNetwork(nodes: nodes, tables: tables)
  }

  /// A tree of binary nodes, each with a random earlier one as its parent.
  static func tree(_ count: Int, _ random: inout Random) throws -> BayesianNetwork<Double> {
    let tables = (0..<count).map { node in
      let rows = (0..<(node == 0 ? 1 : 2)).flatMap { _ in law(2, sharp: false, &random) }
      return ConditionalTable(nodes: [node], parents: node == 0 ? [] : [random.below(node)], values: rows)
    }
    return try BayesianNetwork(
      nodes: (0..<count).map { ModelNode("x\($0)", states: 2, place: $0) }, tables: tables)
  }

  /// Independent chains as one network, chain after chain, with their patterns.
  static func joined(
    _ chains: [UnivariateChain], _ patterns: [SpatiotemporalPattern]
  ) throws -> (BayesianNetwork<Double>, SpatiotemporalPattern) {
    var nodes: [ModelNode] = []
    var tables: [ConditionalTable<Double>] = []
    var (fixed, values): ([Int], [Int]) = ([], [])
    for (row, chain) in chains.enumerated() {
      let offset = nodes.count
      for table in chain.network.tables {
        tables.append(
          ConditionalTable(
            nodes: table.nodes.map { $0 + offset }, parents: table.parents.map { $0 + offset }, values: table.values))
      }
      for node in chain.nodes {
        nodes.append(ModelNode("\(row)\(node.name)", states: node.stateCount, place: row, time: node.time))
      }
      fixed += patterns[row].nodes.map { $0 + offset }
      values += patterns[row].values
    }
    return (try BayesianNetwork(nodes: nodes, tables: tables), SpatiotemporalPattern(nodes: fixed, values: values))
  }
}
