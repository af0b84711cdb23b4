// SPDX-License-Identifier: Apache-2.0
// Espalier: networks in which a pattern's values only attract each other.

extension BayesianNetwork where Scalar == Double {
  /// Whether each node's states can be ordered, with the pattern's values on top, so that all tables that the pattern depends on are
  /// log-supermodular: φ(a ∧ b) φ(a ∨ b) ≥ φ(a) φ(b), within a relative 1e-13.
  ///
  /// Orders are the given one and its reverse: for two states these are all. Those of nodes outside the pattern follow from the
  /// signs of their links. A no means that this test finds no such order, not that there is none.
  ///
  /// - Complexity: O(*m*²) a distinct table of *m* ≤ 1024 entries; larger tables are not looked at and mean no.
  public func attracts(_ pattern: SpatiotemporalPattern) -> Bool {
    guard (try? check(pattern)) != nil else { return false }
    let tables = relevantTables(pattern.nodes)
    guard tables.allSatisfy({ $0.values.count <= 1024 }) else { return false }
    var isReversed: [Int: Bool] = [:]
    for (node, value) in zip(pattern.nodes, pattern.values) where nodes[node].stateCount > 1 {
      guard value == 0 || value == nodes[node].stateCount - 1 else { return false }
      isReversed[node] = value == 0
    }
    var signs: [TableShape: [(Int, Int, Bool)]] = [:]
    var links: [Int: [(Int, Bool)]] = [:]
    for table in tables {
      let scope = table.parents + table.nodes
      let shape = TableShape(sizes: scope.map { nodes[$0].stateCount }, values: table.values)
      guard let found = signs[shape] ?? shape.signs() else { return false }
      signs[shape] = found
      for (first, second, isOpposed) in found {
        links[scope[first], default: []].append((scope[second], isOpposed))
        links[scope[second], default: []].append((scope[first], isOpposed))
      }
    }
    var queue = isReversed.keys.sorted() + links.keys.sorted()
    var next = 0
    while next < queue.count {
      let node = queue[next]
      next += 1
      let own = isReversed[node] ?? false
      isReversed[node] = own
      for (other, isOpposed) in links[node] ?? [] {
        guard isReversed[other] == nil else { continue }
        isReversed[other] = own != isOpposed
        queue.insert(other, at: next)
      }
    }
    var attractive = Set<TableShape>()
    for table in tables {
      let scope = table.parents + table.nodes
      var shape = TableShape(sizes: scope.map { nodes[$0].stateCount }, values: table.values)
      shape.reverse(scope.map { isReversed[$0] ?? false })
      guard attractive.contains(shape) || shape.isLogSupermodular else { return false }
      attractive.insert(shape)
    }
    return true
  }

  /// The tables of some nodes and of all their ancestors.
  func relevantTables(_ wanted: [Int]) -> [ConditionalTable<Double>] {
    var isNeeded = [Bool](repeating: false, count: nodes.count)
    for node in wanted { isNeeded[node] = true }
    var found: [ConditionalTable<Double>] = []
    for table in tables.reversed() where table.nodes.contains(where: { isNeeded[$0] }) {
      found.append(table)
      for node in table.parents { isNeeded[node] = true }
    }
    return found.reversed()
  }
}

/// A table as a function of several variables, row-major.
private struct TableShape: Hashable {
  let sizes: [Int]
  private(set) var values: [Double]

  init(sizes: [Int], values: [Double]) {
    self.sizes = sizes
    self.values = values
  }

  /// Above a log-supermodular product this counts as rounding.
  private static var tolerance: Double { 1 - 1e-13 }

  /// For each pair of variables that are linked whether they oppose each other; nil when a pair does both.
  func signs() -> [(Int, Int, Bool)]? {
    var found: [(Int, Int, Bool)] = []
    let strides = strides
    for second in sizes.indices {
      for first in 0..<second {
        var (attracts, repels) = (false, false)
        for index in values.indices {
          let (a, b) = (index / strides[first] % sizes[first], index / strides[second] % sizes[second])
          guard a + 1 < sizes[first], b + 1 < sizes[second] else { continue }
          let same = values[index] * values[index + strides[first] + strides[second]]
          let crossed = values[index + strides[first]] * values[index + strides[second]]
          if same < crossed * Self.tolerance { repels = true }
          if crossed < same * Self.tolerance { attracts = true }
        }
        if attracts && repels { return nil }
        if attracts || repels { found.append((first, second, repels)) }
      }
    }
    return found
  }

  /// Puts the states of some variables in reverse order.
  mutating func reverse(_ isReversed: [Bool]) {
    let old = values
    let strides = strides
    for index in old.indices {
      var target = index
      for place in sizes.indices where isReversed[place] {
        let digit = index / strides[place] % sizes[place]
        target += (sizes[place] - 1 - 2 * digit) * strides[place]
      }
      values[target] = old[index]
    }
  }

  /// φ(a ∧ b) φ(a ∨ b) ≥ φ(a) φ(b) for all a and b.
  var isLogSupermodular: Bool {
    let strides = strides
    for first in values.indices where values[first] > 0 {
      for second in 0..<first where values[second] > 0 {
        var (meet, join) = (0, 0)
        for (size, stride) in zip(sizes, strides) {
          let (a, b) = (first / stride % size, second / stride % size)
          meet += min(a, b) * stride
          join += max(a, b) * stride
        }
        if values[meet] * values[join] < values[first] * values[second] * Self.tolerance { return false }
      }
    }
    return true
  }

  private var strides: [Int] {
    var strides = [Int](repeating: 1, count: sizes.count)
    for place in sizes.indices.dropLast().reversed() { strides[place] = strides[place + 1] * sizes[place + 1] }
    return strides
  }
}
