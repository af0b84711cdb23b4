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
      set(table, random.index(by: table.values[row * columns..<(row + 1) * columns]), in: &values)
    }
    return values
  }

  /// The trajectories, found by following the tables and leaving out what has probability 0.
  public func trajectories(limit: Int) throws(EntityError) -> [Trajectory<Scalar>] {
    let most = mostListed(limit)
    var partial: [(values: [Int], probability: Scalar)] = [([Int](repeating: 0, count: nodes.count), .one)]
    for table in tables {
      let columns = Self.stateCount(table.nodes, nodes) ?? 0
      var branches: [(values: [Int], probability: Scalar)] = []
      for index in partial.indices {
        let row = table.parents.reduce(0) { $0 * nodes[$1].stateCount + partial[index].values[$1] }
        let possible = (0..<columns).filter { table.values[row * columns + $0] > .zero }
        let (first, probability) = (possible[0], partial[index].probability)
        for column in possible.dropFirst() {
          guard partial.count + branches.count < most else {
            throw .tooLarge(
              what: "possible trajectories", limit: "\(most)", got: "more", advice: "choose one, or raise the limit")
          }
          var values = partial[index].values
          set(table, column, in: &values)
          branches.append((values, probability * table.values[row * columns + column]))
        }
        set(table, first, in: &partial[index].values)
        partial[index].probability = probability * table.values[row * columns + first]
      }
      partial += branches
    }
    return partial.map { Trajectory(values: $0.values, probability: $0.probability) }
      .sorted { $0.values.lexicographicallyPrecedes($1.values) }
  }

  /// Gives a table's nodes the values of one of its columns.
  private func set(_ table: ConditionalTable<Scalar>, _ column: Int, in values: inout [Int]) {
    var rest = column
    for node in table.nodes.reversed() {
      values[node] = rest % nodes[node].stateCount
      rest /= nodes[node].stateCount
    }
  }
}
