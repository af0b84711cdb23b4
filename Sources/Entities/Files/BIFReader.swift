// SPDX-License-Identifier: Apache-2.0
// Espalier: reading Bayesian networks in the interchange format.

internal import Datasets

/// Reads the interchange format for Bayesian networks, version 0.3, as the common repositories of networks write it.
///
/// Nodes come in the order of their declarations. A table is written as rows `(parents' values) numbers;`, with `default` for rows that
/// are left out, or as one `table`, in which the node's own values count slowest. Properties are skipped.
///
/// Source: F. Cozman, *The Interchange Format for Bayesian Networks*, version 0.3, 1998.
struct BIFReader {
  /// A block `probability (...) {...}` as it stands.
  private struct Block {
    var line: Int
    var node: String
    var parents: [String]
    var table: (numbers: [ProbabilityLiteral], line: Int)?
    var fallback: (numbers: [ProbabilityLiteral], line: Int)?
    var rows: [(values: [String], numbers: [ProbabilityLiteral], line: Int)] = []
  }

  private var tokens: BIFTokens
  private let limits: ModelLimits
  private var nodes: [ModelNode] = []
  private var indices: [String: Int] = [:]
  private var states: [[String: Int]] = []
  private var blocks: [Block] = []
  private var numbers = 0

  static func read(
    _ bytes: [UInt8], path: String, limits: ModelLimits, inside: String = ""
  ) throws(FileError) -> BayesianNetworkDescription {
    var reader = BIFReader(tokens: try BIFTokens(bytes, path: path, inside: inside), limits: limits)
    return try reader.network()
  }

  private init(tokens: BIFTokens, limits: ModelLimits) {
    self.tokens = tokens
    self.limits = limits
  }

  private mutating func network() throws(FileError) -> BayesianNetworkDescription {
    while tokens.current != .end {
      if tokens.isNext(";") {
        try tokens.advance()
        continue
      }
      switch tokens.current {
      case .word("network"): try header()
      case .word("variable"): try variable()
      case .word("probability"): try probability()
      default: throw tokens.failure("'network', 'variable' or 'probability'")
      }
    }
    guard !nodes.isEmpty else { throw tokens.failure("at least one variable", got: "none") }
    var tables = [LiteralTable?](repeating: nil, count: nodes.count)
    var expanded = 0
    for block in blocks {
      let table = try resolved(block, &expanded)
      let node = table.nodes[0]
      guard tables[node] == nil else {
        throw tokens.failure("one table a variable", got: "a second one of \(block.node)", line: block.line)
      }
      tables[node] = table
    }
    if let missing = tables.firstIndex(where: { $0 == nil }) {
      throw tokens.failure("a block 'probability ( \(nodes[missing].name) ...'", got: "none")
    }
    let complete = tables.compactMap { $0 }
    let rescaled = complete.map(\.rescaledRows)
    let count = rescaled.reduce(0) { $0 + $1.count }
    let error = NumberText.significant(rescaled.map(\.error).max() ?? 0, digits: 2)
    let notes = count == 0 ? [] : ["\(count) rows of rounded numbers, off 1 by at most \(error), are rescaled"]
    return BayesianNetworkDescription(path: tokens.path, nodes: nodes, tables: complete, notes: notes)
  }

  /// Reads `network name { property ...; }`.
  private mutating func header() throws(FileError) {
    try tokens.advance()
    if case .word = tokens.current { try tokens.advance() }
    try tokens.take("{", "after 'network'")
    while !tokens.isNext("}") {
      guard tokens.current == .word("property") else { throw tokens.failure("a property, or '}'") }
      try tokens.skipProperty()
    }
    try tokens.advance()
  }

  /// Reads `variable name { type discrete [ 2 ] { yes, no }; property ...; }`.
  private mutating func variable() throws(FileError) {
    let line = tokens.line
    try tokens.advance()
    let name = try tokens.word("the name of a variable")
    guard indices[name] == nil else {
      throw tokens.failure("every variable once", got: "'\(name)' again", line: line)
    }
    guard nodes.count < limits.nodes else { throw tokens.failure("at most \(limits.nodes) variables", got: "more") }
    try tokens.take("{", "after the variable's name")
    var states: [String]?
    while !tokens.isNext("}") {
      switch tokens.current {
      case .word("property"): try tokens.skipProperty()
      case .word("type") where states == nil: states = try type()
      default: throw tokens.failure(states == nil ? "'type' or a property" : "a property, or '}'")
      }
    }
    guard let states else { throw tokens.failure("the type of \(name)") }
    try tokens.advance()
    indices[name] = nodes.count
    self.states.append(Dictionary(states.enumerated().map { ($1, $0) }) { first, _ in first })
    nodes.append(ModelNode(name, states: states.count, stateNames: states, place: nodes.count))
  }

  /// Reads `type discrete [ 2 ] { yes, no };`.
  private mutating func type() throws(FileError) -> [String] {
    let line = tokens.line
    try tokens.advance()
    guard tokens.current == .word("discrete") else { throw tokens.failure("'discrete'") }
    try tokens.advance()
    try tokens.take("[")
    let text = try tokens.word("the number of states")
    guard let count = Int(text), count >= 1 else {
      throw tokens.failure("a number of states of at least 1", got: "'\(text.prefix(40))'", line: line)
    }
    try tokens.take("]")
    try tokens.take("{")
    let states = try tokens.words("names of states", until: "}", limit: limits.tableNumbers)
    guard states.count == count else {
      throw tokens.failure("\(count) names of states", got: "\(states.count)", line: line)
    }
    var seen = Set<String>()
    for state in states where !seen.insert(state).inserted {
      throw tokens.failure("every state once", got: "'\(state.prefix(40))' again", line: line)
    }
    try tokens.take(";", "after the states")
    return states
  }

  /// Reads `probability ( node | parent, parent ) { table ...; default ...; (value, value) ...; }`.
  private mutating func probability() throws(FileError) {
    let line = tokens.line
    try tokens.advance()
    try tokens.take("(", "after 'probability'")
    let node = try tokens.word("the name of a variable")
    if tokens.isNext("|") || tokens.isNext(",") { try tokens.advance() }
    let parents = try tokens.words("names of parents", until: ")", limit: 1000)
    var block = Block(line: line, node: node, parents: parents)
    try tokens.take("{", "after the parents")
    while !tokens.isNext("}") {
      let start = tokens.line
      switch tokens.current {
      case .word("property"): try tokens.skipProperty()
      case .word("table") where block.table == nil:
        try tokens.advance()
        block.table = (try literals(), start)
      case .word("default") where block.fallback == nil:
        try tokens.advance()
        block.fallback = (try literals(), start)
      case .sign(UInt8(ascii: "(")):
        try tokens.advance()
        let values = try tokens.words("values of the parents", until: ")", limit: 1000)
        block.rows.append((values, try literals(), start))
      default: throw tokens.failure("a row '(values) numbers;', one 'table', one 'default' or a property")
      }
    }
    try tokens.advance()
    blocks.append(block)
  }

  /// Numbers up to a semicolon.
  private mutating func literals() throws(FileError) -> [ProbabilityLiteral] {
    let line = tokens.line
    var result: [ProbabilityLiteral] = []
    for text in try tokens.words("probabilities", until: ";", limit: limits.tableNumbers) {
      let literal = ProbabilityLiteral.text(text)
      guard let value = literal.doubleValue, value >= 0, value.isFinite else {
        throw tokens.failure("a probability such as 0.25", got: "'\(text.prefix(40))'", line: line)
      }
      result.append(literal)
    }
    numbers += result.count
    guard numbers <= limits.tableNumbers else {
      throw tokens.failure("at most \(limits.tableNumbers) probabilities", got: "more", line: line)
    }
    return result
  }

  private func node(_ name: String, _ line: Int) throws(FileError) -> Int {
    guard let index = indices[name] else {
      throw tokens.failure(
        "a variable that is declared", got: "'\(name.prefix(40))'", line: line,
        advice: Names.advice(for: name, among: nodes.prefix(1000).map(\.name)))
    }
    return index
  }

  /// The table of a block; `expanded` counts numbers that stand for others.
  private func resolved(_ block: Block, _ expanded: inout Int) throws(FileError) -> LiteralTable {
    let owner = try node(block.node, block.line)
    var parents: [Int] = []
    for name in block.parents { parents.append(try node(name, block.line)) }
    guard Set(parents + [owner]).count == parents.count + 1 else {
      throw tokens.failure("every variable once", got: "one of them twice", line: block.line)
    }
    let columns = nodes[owner].stateCount
    guard let rows = BayesianNetwork<Double>.stateCount(parents, nodes), rows <= limits.tableNumbers / columns else {
      throw tokens.failure("a table of at most \(limits.tableNumbers) numbers", got: "more", line: block.line)
    }
    let place = "p(" + block.node + (parents.isEmpty ? ")" : " | " + block.parents.joined(separator: ", ") + ")")
    func table(_ values: [ProbabilityLiteral], _ lines: [Int]) -> LiteralTable {
      LiteralTable(
        nodes: [owner], parents: parents, columns: columns, values: values,
        place: tokens.inside.isEmpty ? place : "\(tokens.inside)\(place)", lines: lines, isRounded: true)
    }
    if let whole = block.table {
      guard block.rows.isEmpty, block.fallback == nil else {
        throw tokens.failure("a 'table' alone", got: "other rows beside it", line: whole.line)
      }
      guard whole.numbers.count == rows * columns else {
        throw tokens.failure(
          "\(rows * columns) probabilities of \(place)", got: "\(whole.numbers.count)", line: whole.line)
      }
      return table((0..<rows * columns).map { whole.numbers[$0 % columns * rows + $0 / columns] }, [whole.line])
    }
    var given: [Int: Int] = [:]
    for (index, row) in block.rows.enumerated() {
      let place = try self.row(row.values, parents, row.line)
      guard row.numbers.count == columns else {
        throw tokens.failure("\(columns) probabilities", got: "\(row.numbers.count)", line: row.line)
      }
      guard given.updateValue(index, forKey: place) == nil else {
        throw tokens.failure(
          "every row once", got: "(\(row.values.joined(separator: ", "))) again", line: row.line)
      }
    }
    if let fallback = block.fallback {
      guard fallback.numbers.count == columns else {
        throw tokens.failure("\(columns) probabilities", got: "\(fallback.numbers.count)", line: fallback.line)
      }
      expanded += (rows - given.count) * columns
      guard expanded <= limits.expandedNumbers else {
        throw tokens.failure(
          "defaults that stand for at most \(limits.expandedNumbers) numbers", got: "more", line: fallback.line)
      }
    } else if given.count < rows {
      let missing = (0..<rows).first { given[$0] == nil } ?? 0
      throw tokens.failure(
        "a row for each of the \(rows) choices of the parents' values of \(place)",
        got: "none for (\(names(missing, parents)))", line: block.line, advice: "write it, or a 'default' row")
    }
    var values: [ProbabilityLiteral] = []
    var lines: [Int] = []
    for index in 0..<rows {
      if let row = given[index] {
        values += block.rows[row].numbers
        lines.append(block.rows[row].line)
      } else if let fallback = block.fallback {
        values += fallback.numbers
        lines.append(fallback.line)
      }
    }
    return table(values, lines)
  }

  /// The index of a row by its parents' values.
  private func row(_ values: [String], _ parents: [Int], _ line: Int) throws(FileError) -> Int {
    guard values.count == parents.count else {
      throw tokens.failure("\(parents.count) values of the parents", got: "\(values.count)", line: line)
    }
    var index = 0
    for (parent, value) in zip(parents, values) {
      guard let state = states[parent][value] else {
        throw tokens.failure(
          "a state of \(nodes[parent].name)", got: "'\(value.prefix(40))'", line: line,
          advice: Names.advice(for: value, among: Array(nodes[parent].stateNames.prefix(1000))))
      }
      index = index * nodes[parent].stateCount + state
    }
    return index
  }

  /// The parents' values of a row.
  private func names(_ row: Int, _ parents: [Int]) -> String {
    var rest = row
    var names: [String] = []
    for parent in parents.reversed() {
      names.append(nodes[parent].stateName(rest % nodes[parent].stateCount))
      rest /= nodes[parent].stateCount
    }
    return names.reversed().joined(separator: ", ")
  }
}
