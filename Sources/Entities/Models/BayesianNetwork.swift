// SPDX-License-Identifier: Apache-2.0
// Espalier: a joint law as a product of conditional tables.

/// A Bayesian network: p(x_V) is the product of its tables p(nodes | parents), whose graph has no cycles.
///
///     let rain = ConditionalTable(nodes: [0], values: [0.8, 0.2])
///     let wet = ConditionalTable(nodes: [1], parents: [0], values: [0.9, 0.1, 0.2, 0.8])
///     let network = try BayesianNetwork(
///       nodes: [ModelNode("rain", states: 2, place: 0), ModelNode("wet", states: 2, place: 1)], tables: [rain, wet])
///     try network.probability(of: SpatiotemporalPattern(nodes: [1], values: [1]))   // 0.24
public struct BayesianNetwork<Scalar: ProbabilityScalar>: Sendable {
  /// The variables.
  public let nodes: [ModelNode]
  /// The factors, parents before children.
  public let tables: [ConditionalTable<Scalar>]

  /// Checks tables and puts them in an order in which parents come first.
  ///
  /// - Throws: `EntityError.model` when a node has no table or two, a table's size does not fit, a number is negative or not
  ///   finite, a row does not sum to 1, or the graph has a cycle.
  public init(nodes: [ModelNode], tables: [ConditionalTable<Scalar>]) throws(EntityError) {
    self.nodes = nodes
    var owner = [Int?](repeating: nil, count: nodes.count)
    var checked: [ConditionalTable<Scalar>] = []
    for (index, table) in tables.enumerated() {
      checked.append(try Self.checked(table, nodes))
      for node in table.nodes {
        guard owner[node] == nil else {
          throw .model(
            place: Self.place(table, nodes), expected: "one table a node", got: "a second one of \(nodes[node].name)")
        }
        owner[node] = index
      }
    }
    if let orphan = owner.firstIndex(of: nil) {
      throw .model(place: "node \(nodes[orphan].name)", expected: "a table of probabilities", got: "none")
    }
    self.tables = try Self.ordered(checked, owner.map { $0 ?? 0 }, nodes)
  }

  /// "p(wet | rain)".
  private static func place(_ table: ConditionalTable<Scalar>, _ nodes: [ModelNode]) -> String {
    func names(_ list: [Int]) -> String {
      let known = list.prefix(6).map { nodes.indices.contains($0) ? nodes[$0].name : "node \($0)" }
      return known.joined(separator: ", ") + (list.count > 6 ? ", …" : "")
    }
    return "p(\(names(table.nodes))\(table.parents.isEmpty ? "" : " | " + names(table.parents)))"
  }

  private static func checked(
    _ table: ConditionalTable<Scalar>, _ nodes: [ModelNode]
  ) throws(EntityError) -> ConditionalTable<Scalar> {
    let place = place(table, nodes)
    let all = table.nodes + table.parents
    guard !table.nodes.isEmpty else { throw .model(place: place, expected: "at least one node", got: "none") }
    if let strange = all.first(where: { !nodes.indices.contains($0) }) {
      throw .model(place: place, expected: "nodes 0 to \(nodes.count - 1)", got: "\(strange)")
    }
    guard Set(all).count == all.count else {
      throw .model(place: place, expected: "each node and parent once", got: "one of them twice")
    }
    let (rows, columns) = (stateCount(table.parents, nodes), stateCount(table.nodes, nodes))
    guard let rows, let columns, rows.multipliedReportingOverflow(by: columns).overflow == false,
      table.values.count == rows * columns
    else {
      let wanted = rows.flatMap { rows in columns.map { "\(rows) rows of \($0) probabilities" } }
      throw .model(
        place: place, expected: wanted ?? "a table that fits memory", got: "\(table.values.count) numbers in all")
    }
    var values = table.values
    for row in 0..<rows {
      let range = row * columns..<(row + 1) * columns
      var sum = Scalar.zero
      for index in range {
        guard values[index] >= .zero, values[index].approximation.isFinite else {
          throw .model(
            place: "\(place), row \(row + 1)", expected: "probabilities of at least 0",
            got: "\(values[index].approximation)")
        }
        sum += values[index]
      }
      guard sum > .zero, max(sum - .one, .one - sum) <= Scalar.rowTolerance else {
        throw .model(
          place: "\(place), row \(row + 1)",
          expected: Scalar.rowTolerance == .zero
            ? "probabilities that sum to exactly 1 (write fractions as texts, \"1/3\")"
            : "probabilities that sum to 1",
          got: sum.words)
      }
      if max(sum - .one, .one - sum).approximation > 1e-13 {
        for index in range { values[index] = values[index] / sum }
      }
    }
    return ConditionalTable(nodes: table.nodes, parents: table.parents, values: values)
  }

  /// The product of the nodes' numbers of states, nil when it does not fit an `Int`.
  static func stateCount(_ list: [Int], _ nodes: [ModelNode]) -> Int? {
    var count = 1
    for node in list {
      let (product, overflow) = count.multipliedReportingOverflow(by: nodes[node].stateCount)
      if overflow { return nil }
      count = product
    }
    return count
  }

  /// The tables, each after those of its parents (Kahn's algorithm); among those that may come next the first.
  private static func ordered(
    _ tables: [ConditionalTable<Scalar>], _ owner: [Int], _ nodes: [ModelNode]
  ) throws(EntityError) -> [ConditionalTable<Scalar>] {
    var waiting = tables.map { Set($0.parents.map { owner[$0] }).count }
    var children = [[Int]](repeating: [], count: tables.count)
    for (index, table) in tables.enumerated() {
      for parent in Set(table.parents.map({ owner[$0] })) { children[parent].append(index) }
    }
    var ready = tables.indices.filter { waiting[$0] == 0 }
    var next = 0
    while next < ready.count {
      for child in children[ready[next]] {
        waiting[child] -= 1
        if waiting[child] == 0 { ready.append(child) }
      }
      next += 1
    }
    guard ready.count == tables.count else {
      let stuck = tables.indices.filter { waiting[$0] > 0 }.flatMap { tables[$0].nodes }.prefix(6)
      throw .model(
        place: "the graph of parents", expected: "no cycles",
        got: "a cycle among or above " + stuck.map { nodes[$0].name }.joined(separator: ", "))
    }
    return ready.map { tables[$0] }
  }
}
