// SPDX-License-Identifier: Apache-2.0
// Espalier: chains of one variable inside larger models.

extension UnivariateChain {
  /// Takes all variables of a slice as one: its states are the slice's values, row-major, the last variable fastest.
  ///
  /// The patterns of the lumped chain fix whole slices; what holds for its partitions holds for those partitions of the
  /// original's trajectory that cut between slices only.
  ///
  /// - Parameters:
  ///   - chain: several variables over time.
  ///   - mostStates: the most values that a slice may have; the transition has the square of it.
  /// - Throws: `EntityError.tooLarge` for more.
  /// - Complexity: O(*S*² *J*) for *S* values of a slice.
  public init(lumping chain: MultivariateMarkovChain<Double>, mostStates: Int = 2048) throws(EntityError) {
    let width = chain.variables.count
    guard let states = BayesianNetwork<Double>.stateCount(Array(0..<width), chain.nodes), states <= mostStates else {
      throw .tooLarge(
        what: "values of a slice", limit: "\(mostStates)", got: "more",
        advice: "lump fewer variables, or give them fewer states")
    }
    var slices: [[Int]] = []
    for index in 0..<states {
      var (rest, values) = (index, [Int](repeating: 0, count: width))
      for variable in (0..<width).reversed() {
        values[variable] = rest % chain.variables[variable].stateCount
        rest /= chain.variables[variable].stateCount
      }
      slices.append(values)
    }
    var initial: [Double] = []
    for values in slices { initial.append(try chain.probability(of: SpatiotemporalPattern(trajectory: values))) }
    let steps = chain.nodes.count / width
    guard steps > 1 else {
      try self.init(initial: initial, transitions: [])
      return
    }
    let tables = chain.network.tables.filter { $0.nodes.contains { (width..<2 * width).contains($0) } }
    var transition: [Double] = []
    transition.reserveCapacity(states * states)
    for before in slices {
      for after in slices {
        transition.append(
          tables.reduce(1.0) { product, table in
            var index = 0
            for node in table.parents { index = index * chain.nodes[node].stateCount + before[node] }
            for node in table.nodes { index = index * chain.nodes[node].stateCount + after[node - width] }
            return product * table.values[index]
          })
      }
    }
    try self.init(initial: initial, transition: transition, timeSteps: steps)
  }

  /// The lumped value of one slice's values.
  ///
  /// - Parameters:
  ///   - values: one a variable.
  ///   - chain: the chain that was lumped.
  public static func lumped(_ values: some Sequence<Int>, of chain: MultivariateMarkovChain<Double>) -> Int {
    zip(chain.variables, values).reduce(0) { $0 * $1.0.stateCount + $1.1 }
  }

  /// The chain along nodes of a network, of which each has the one before as its only parent and the first has none; nil when
  /// they are none.
  init?(along path: [Int], of network: BayesianNetwork<Double>) {
    var owner: [Int: ConditionalTable<Double>] = [:]
    for table in network.tables where table.nodes.count == 1 { owner[table.nodes[0]] = table }
    guard let first = path.first, let start = owner[first], start.parents.isEmpty else { return nil }
    var transitions: [[Double]] = []
    for (before, node) in zip(path, path.dropFirst()) {
      guard let table = owner[node], table.parents == [before] else { return nil }
      transitions.append(table.values)
    }
    guard let chain = try? UnivariateChain(initial: start.values, transitions: transitions) else { return nil }
    self = chain
  }
}
