// SPDX-License-Identifier: Apache-2.0
// Espalier: which variables an elimination still carries.

/// The frontier of an elimination: nodes whose tables are multiplied in and which later tables still need, and the nodes of the
/// pattern that have left it, as bits of agreement.
struct EliminationState<Scalar: ProbabilityScalar> {
  private let nodes: [ModelNode]
  private let tables: [ConditionalTable<Scalar>]
  private let isPinned: Bool
  private var wanted: [Int?]
  private let pattern: SpatiotemporalPattern
  /// Tables that have not been multiplied in and on which the pattern depends.
  private var waiting: Set<Int>
  /// For each node the tables that it is a parent of.
  private var children: [[Int]]
  /// For each node how many of them wait.
  private var waitingChildren: [Int]
  /// For each table how many of its parents are not carried yet.
  private var missingParents: [Int]
  /// Tables that wait for no parent.
  private var ready: Set<Int> = []
  /// Nodes carried, the first slowest.
  private var frontier: [Int] = []
  /// Nodes of the pattern that left, lowest bit first.
  private var agreed: [Int] = []

  init(nodes: [ModelNode], tables: [ConditionalTable<Scalar>], pattern: SpatiotemporalPattern, isPinned: Bool) {
    self.nodes = nodes
    self.tables = tables
    self.isPinned = isPinned
    self.pattern = pattern
    wanted = [Int?](repeating: nil, count: nodes.count)
    for (node, value) in zip(pattern.nodes, pattern.values) { wanted[node] = value }
    var isNeeded = [Bool](repeating: false, count: nodes.count)
    for node in pattern.nodes { isNeeded[node] = true }
    waiting = []
    missingParents = tables.map(\.parents.count)
    children = [[Int]](repeating: [], count: nodes.count)
    for index in tables.indices.reversed() where tables[index].nodes.contains(where: { isNeeded[$0] }) {
      waiting.insert(index)
      for parent in tables[index].parents {
        isNeeded[parent] = true
        children[parent].append(index)
      }
      if tables[index].parents.isEmpty { ready.insert(index) }
    }
    waitingChildren = children.map(\.count)
  }

  /// How many values a carried node may have.
  private func radix(_ node: Int) -> Int { isPinned && wanted[node] != nil ? 1 : nodes[node].stateCount }

  /// Whether the node leaves once its own table and this one are in.
  private func leaves(_ node: Int, after index: Int) -> Bool {
    waitingChildren[node] == (waiting.contains(index) && tables[index].parents.contains(node) ? 1 : 0)
  }

  /// Which table comes next: of those whose parents are carried the one that leaves the shortest list.
  func nextTable() -> Int? {
    var best: (size: Double, index: Int)?
    for index in ready.sorted() {
      var size = 0.0
      for node in frontier + tables[index].nodes {
        size +=
          leaves(node, after: index)
          ? (wanted[node] != nil && !isPinned ? 1 : 0) : binaryLogarithm(Double(radix(node)))
      }
      for node in frontier { size -= binaryLogarithm(Double(radix(node))) }
      if best.map({ size < $0.size }) ?? true { best = (size, index) }
    }
    return best?.index
  }

  /// Multiplies a table in; nil when the list would be longer than the limit.
  mutating func add(_ index: Int, limit: Int) -> EliminationMove? {
    let table = tables[index]
    waiting.remove(index)
    ready.remove(index)
    for parent in table.parents { waitingChildren[parent] -= 1 }
    for node in table.nodes {
      for child in children[node] where waiting.contains(child) {
        missingParents[child] -= 1
        if missingParents[child] == 0 { ready.insert(child) }
      }
    }
    let stays = frontier.filter { !leaves($0, after: index) }
    let comes = table.nodes.filter { !leaves($0, after: index) }
    let bits = (frontier + table.nodes).filter { leaves($0, after: index) && wanted[$0] != nil && !isPinned }
    let after = stays + comes
    var states = 1
    for node in after {
      let (product, overflow) = states.multipliedReportingOverflow(by: radix(node))
      guard !overflow, product <= limit else { return nil }
      states = product
    }
    let newBits = agreed.count + bits.count
    guard newBits < 40, states <= limit >> newBits else { return nil }
    var strides: [Int: Int] = [:]
    var stride = 1
    for node in after.reversed() {
      strides[node] = stride
      stride *= radix(node)
    }
    for (offset, node) in bits.enumerated() { strides[~node] = states << (agreed.count + offset) }
    let rows = rowsAndTargets(frontier, table, strides)
    let values = targets(table.nodes, strides)
    let move = EliminationMove(
      masks: 1 << agreed.count, oldStates: rows.rows.count, newStates: states, length: states << newBits,
      rows: rows.rows, stateTargets: rows.targets, valueTargets: values)
    frontier = after
    agreed += bits
    return move
  }

  /// For each choice of the carried nodes' values the row of a table and where it leads.
  private func rowsAndTargets(
    _ carried: [Int], _ table: ConditionalTable<Scalar>, _ strides: [Int: Int]
  ) -> (rows: [Int], targets: [Int]) {
    let count = carried.reduce(1) { $0 * radix($1) }
    let parents = table.parents.map { parent in
      (place: carried.firstIndex(of: parent) ?? 0, states: nodes[parent].stateCount)
    }
    var values = [Int](repeating: 0, count: carried.count)
    var rows: [Int] = []
    var targets: [Int] = []
    for state in 0..<count {
      var (rest, target) = (state, 0)
      for (place, node) in carried.enumerated().reversed() {
        let digit = rest % radix(node)
        rest /= radix(node)
        values[place] = isPinned ? wanted[node] ?? digit : digit
        target += contribution(node, digit: digit, value: values[place], strides)
      }
      rows.append(parents.reduce(0) { $0 * $1.states + values[$1.place] })
      targets.append(target)
    }
    return (rows, targets)
  }

  /// For each choice of new values where it leads, −1 where it contradicts a pinned value.
  private func targets(_ added: [Int], _ strides: [Int: Int]) -> [Int] {
    let count = added.reduce(1) { $0 * nodes[$1].stateCount }
    return (0..<count).map { choice in
      var (rest, target) = (choice, 0)
      for node in added.reversed() {
        let value = rest % nodes[node].stateCount
        rest /= nodes[node].stateCount
        if isPinned, let pinned = wanted[node], pinned != value { return -1 }
        target += contribution(node, digit: isPinned && wanted[node] != nil ? 0 : value, value: value, strides)
      }
      return target
    }
  }

  private func contribution(_ node: Int, digit: Int, value: Int, _ strides: [Int: Int]) -> Int {
    if let stride = strides[node] { return digit * stride }
    if let stride = strides[~node] { return value == wanted[node] ? stride : 0 }
    return 0
  }

  /// The finished list with bit *k* standing for the pattern's node *k*.
  func inPatternOrder(_ list: [Scalar]) -> [Scalar] {
    guard !isPinned, agreed != pattern.nodes else { return list }
    let places = agreed.map { node in pattern.nodes.firstIndex(of: node) ?? 0 }
    var result = [Scalar](repeating: .zero, count: list.count)
    for mask in list.indices {
      var target = 0
      for (bit, place) in places.enumerated() where mask >> bit & 1 == 1 { target |= 1 << place }
      result[target] = list[mask]
    }
    return result
  }
}

/// What multiplying one table in does to the list over agreements and carried values.
struct EliminationMove {
  /// Agreements so far, as a count of masks.
  let masks: Int
  let oldStates: Int
  let newStates: Int
  /// The length of the new list.
  let length: Int
  /// For each carried choice the row of the table.
  let rows: [Int]
  /// For each carried choice where it leads in the new list.
  let stateTargets: [Int]
  /// For each choice of new values where it leads, −1 when it is ruled out.
  let valueTargets: [Int]

  /// new[target] += old · p, over all old entries that are not 0.
  @_specialize(where Scalar == Double)
  func apply<Scalar: ProbabilityScalar>(to list: [Scalar], _ table: [Scalar]) -> [Scalar] {
    var result = [Scalar](repeating: .zero, count: length)
    let columns = valueTargets.count
    for mask in 0..<masks {
      for state in 0..<oldStates {
        let weight = list[mask * oldStates + state]
        if weight == .zero { continue }
        let (row, target) = (rows[state] * columns, mask * newStates + stateTargets[state])
        for column in 0..<columns where valueTargets[column] >= 0 {
          result[target + valueTargets[column]] += weight * table[row + column]
        }
      }
    }
    return result
  }
}
