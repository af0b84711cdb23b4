// SPDX-License-Identifier: Apache-2.0
// Espalier: the definitions, word for word and slowly.

import Entities
import SparseCore

/// Local integration by enumerating partitions, with probabilities summed over the listed trajectories.
enum Brute {
  /// All partitions of a list of elements.
  static func partitions(_ elements: [Int]) -> [[[Int]]] {
    guard let first = elements.first else { return [[]] }
    return partitions(Array(elements.dropFirst())).flatMap { rest in
      [[[first]] + rest]
        + rest.indices.map { index in
          var grown = rest
          grown[index].insert(first, at: 0)
          return grown
        }
    }
  }

  /// p of a pattern: the sum over the trajectories in which it occurs.
  static func probability(_ pattern: SpatiotemporalPattern, _ all: [Trajectory<Double>]) -> Double {
    all.reduce(0) { $0 + (pattern.occurs(in: $1.values) ? $1.probability : 0) }
  }

  /// SLI of blocks of nodes of a trajectory.
  static func specific(_ blocks: [[Int]], of values: [Int], _ all: [Trajectory<Double>]) -> Double {
    func surprisal(_ nodes: [Int]) -> Double {
      let sorted = nodes.sorted()
      return 0 - probability(SpatiotemporalPattern(nodes: sorted, values: sorted.map { values[$0] }), all).logarithm
    }
    return blocks.reduce(0) { $0 + surprisal($1) } - surprisal(blocks.flatMap { $0 })
  }

  /// CLI of some nodes of a trajectory.
  static func complete(_ nodes: [Int], of values: [Int], _ all: [Trajectory<Double>]) -> Double {
    partitions(nodes).filter { $0.count > 1 }.map { specific($0, of: values, all) }.min() ?? .nan
  }
}

extension ExampleModels {
  /// A chain of variables with random states, tables and parents.
  static func randomChain(
    variables count: Int, steps: Int, mostStates: Int = 3, _ random: inout Random
  ) throws -> MultivariateMarkovChain<Double> {
    let variables = (0..<count).map { ModelNode("v\($0)", states: 2 + random.below(mostStates - 1), place: $0) }
    func row(_ states: Int) -> [Double] {
      let weights = (0..<states).map { _ in random.below(5) == 0 ? 0 : random.uniformDouble() }
      let sum = weights.reduce(0, +)
      return sum > 0 ? weights.map { $0 / sum } : row(states)
    }
    let initial = variables.indices.map { ConditionalTable(nodes: [$0], values: row(variables[$0].stateCount)) }
    let transition = variables.indices.map { node in
      let parents = random.distinct(1 + random.below(count), below: count).sorted()
      let rows = parents.reduce(1) { $0 * variables[$1].stateCount }
      return ConditionalTable(
        nodes: [node], parents: parents, values: (0..<rows).flatMap { _ in row(variables[node].stateCount) })
    }
    return try MultivariateMarkovChain(
      variables: variables, timeSteps: steps, initial: initial, transition: .factored(transition))
  }
}
