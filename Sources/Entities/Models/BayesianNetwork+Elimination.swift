// SPDX-License-Identifier: Apache-2.0
// Espalier: marginals of Bayesian networks.

public import SparseCore

extension BayesianNetwork: ProbabilityModel {
  /// - Complexity: that of `agreement(with:)` with a factor of 1 in place of 2^*n*.
  public func probability(of pattern: SpatiotemporalPattern) throws(EntityError) -> Scalar {
    try check(pattern)
    return try eliminate(pattern, isPinned: true)[0]
  }

  /// The tables are multiplied in one after another while a list is carried over the agreements so far and the values
  /// of those nodes that later tables still need.
  ///
  /// - Complexity: for a chain of *J* variables with *S* slices' values O(Σ_t 2^(*Jt*) *S*²) time; in general the size of the
  ///   largest such list times the states that a table adds.
  public func agreement(with pattern: SpatiotemporalPattern) throws(EntityError) -> [Scalar] {
    try checkTable(pattern)
    return try eliminate(pattern, isPinned: false)
  }

  /// The most numbers that a list may hold.
  static var mostEntries: Int { 1 << 27 }

  private func eliminate(_ pattern: SpatiotemporalPattern, isPinned: Bool) throws(EntityError) -> [Scalar] {
    guard pattern.count > 0 else { return [.one] }
    var state = EliminationState(nodes: nodes, tables: tables, pattern: pattern, isPinned: isPinned)
    var list: [Scalar] = [.one]
    while let index = state.nextTable() {
      guard let move = state.add(index, limit: Self.mostEntries) else {
        throw .tooLarge(
          what: "the marginals of this model", limit: "\(Self.mostEntries) numbers at once", got: "more",
          advice: "choose fewer nodes, fewer states, or a shorter chain")
      }
      list = move.apply(to: list, tables[index].values)
    }
    return state.inPatternOrder(list)
  }

  /// A trajectory, drawn table by table.
  public func draw(_ random: inout Random) -> [Int] {
    var values = [Int](repeating: 0, count: nodes.count)
    for table in tables {
      let row = table.parents.reduce(0) { $0 * nodes[$1].stateCount + values[$1] }
      let columns = Self.stateCount(table.nodes, nodes) ?? 0
      var choice = random.index(by: table.values[row * columns..<(row + 1) * columns])
      for node in table.nodes.reversed() {
        values[node] = choice % nodes[node].stateCount
        choice /= nodes[node].stateCount
      }
    }
    return values
  }

  /// The trajectories, found by following the tables and leaving out what has probability 0.
  public func trajectories(limit: Int) throws(EntityError) -> [Trajectory<Scalar>] {
    var partial: [(values: [Int], probability: Scalar)] = [([Int](repeating: 0, count: nodes.count), .one)]
    for table in tables {
      let columns = Self.stateCount(table.nodes, nodes) ?? 0
      var next: [(values: [Int], probability: Scalar)] = []
      for entry in partial {
        let row = table.parents.reduce(0) { $0 * nodes[$1].stateCount + entry.values[$1] }
        for column in 0..<columns {
          let factor = table.values[row * columns + column]
          guard factor > .zero else { continue }
          guard next.count < limit else {
            throw .tooLarge(
              what: "possible trajectories", limit: "\(limit)", got: "more", advice: "choose one, or raise the limit")
          }
          var values = entry.values
          var rest = column
          for node in table.nodes.reversed() {
            values[node] = rest % nodes[node].stateCount
            rest /= nodes[node].stateCount
          }
          next.append((values, entry.probability * factor))
        }
      }
      partial = next
    }
    return partial.map { Trajectory(values: $0.values, probability: $0.probability) }
      .sorted { $0.values.lexicographicallyPrecedes($1.values) }
  }
}
