// SPDX-License-Identifier: Apache-2.0
// Espalier: what the nodes not yet placed must cost.

internal import SparseCore

/// An order of a pattern's nodes and, from each place of it on, lower bounds of what the nodes still to be placed add to the
/// surprisals of whatever blocks they join.
///
/// In a network, given anything about nodes that come before, some nodes of a table have at most the largest probability of their values
/// in any row. So in the tables' order each table adds at least its cheapest partition under those largest probabilities; and
/// where a block is opened its first nodes cost their whole surprisal.
struct PartitionFloors {
  /// The positions in the order in which they are placed.
  private(set) var order: [Int] = []
  /// What the positions from a place of the order on add at least.
  private(set) var rest: [Double] = [0]
  /// What they add at least beyond `rest` when one of them opens a block.
  private(set) var opening: [Double] = [.infinity]

  /// Without a network: nothing is known but what opening a block costs; dear nodes first, to have few branches.
  init(singles: [Double]) {
    for position in singles.indices.sorted(by: { singles[$0] != singles[$1] ? singles[$0] < singles[$1] : $0 > $1 }) {
      prepend([position], floors: [0, 0], singles)
    }
    finish()
  }

  /// From a network's tables.
  init(of pattern: SpatiotemporalPattern, in network: BayesianNetwork<Double>, singles: [Double]) {
    var place: [Int: Int] = [:]
    for (position, node) in pattern.nodes.enumerated() { place[node] = position }
    for table in network.relevantTables(pattern.nodes).reversed() {
      let group = table.nodes.compactMap { place[$0] }
      guard !group.isEmpty else { continue }
      prepend(group, floors: Self.floors(table, pattern, network, size: group.count), singles)
    }
    finish()
  }

  /// Puts a table's positions before all others; `floors` holds the least cost of each of their subsets, or is empty when not known.
  ///
  /// The lists are kept last place first until `finish()`.
  private mutating func prepend(_ group: [Int], floors: [Double], _ singles: [Double]) {
    let (after, afterOpening) = (rest[rest.count - 1], opening[opening.count - 1])
    for count in 1...group.count {
      // The last `count` positions of the group are still to be placed.
      order.append(group[group.count - count])
      let isWhole = count == group.count && !floors.isEmpty
      let floor = isWhole ? floors[floors.count - 1] : 0
      var open = group.suffix(count).map { singles[$0] }.min() ?? .infinity
      if isWhole {
        open = .infinity
        for part in 1..<floors.count {
          let largest = group.indices.reduce(0.0) { part >> $1 & 1 == 1 ? max($0, singles[group[$1]]) : $0 }
          open = min(open, largest + floors[floors.count - 1 - part] - floor)
        }
      }
      rest.append(after + floor)
      opening.append(min(max(0, open), afterOpening))
    }
  }

  private mutating func finish() {
    order.reverse()
    rest.reverse()
    opening.reverse()
  }

  /// For each subset of a table's nodes in the pattern the least sum over its partitions of −log2 of the largest probability in any
  /// row; empty for a table that is too large.
  private static func floors(
    _ table: ConditionalTable<Double>, _ pattern: SpatiotemporalPattern, _ network: BayesianNetwork<Double>, size: Int
  ) -> [Double] {
    guard size <= 8, table.values.count <= 1 << 20 else { return [] }
    let columns = table.nodes.reduce(1) { $0 * network.nodes[$1].stateCount }
    var masks = [Int](repeating: 0, count: columns)
    for column in 0..<columns {
      var (left, bit) = (column, size)
      for node in table.nodes.reversed() {
        let value = left % network.nodes[node].stateCount
        left /= network.nodes[node].stateCount
        guard let wanted = pattern.value(of: node) else { continue }
        bit -= 1
        if value == wanted { masks[column] |= 1 << bit }
      }
    }
    var largest = [Double](repeating: 0, count: 1 << size)
    for start in stride(from: 0, to: table.values.count, by: columns) {
      var sums = [Double](repeating: 0, count: 1 << size)
      for column in 0..<columns { sums[masks[column]] += table.values[start + column] }
      SubsetSums.overSupersets(&sums)
      for set in sums.indices { largest[set] = max(largest[set], sums[set]) }
    }
    let costs = largest.map { $0 > 0 ? max(0, $0.surprisal) : 0 }
    let least = Kernels.leastPartitionSums(costs, workers: nil)
    return costs.indices.map { $0 == 0 ? 0 : min(costs[$0], least[$0]) }
  }
}
