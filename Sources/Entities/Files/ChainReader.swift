// SPDX-License-Identifier: Apache-2.0
// Espalier: reading a multivariate Markov chain.

internal import Datasets

/// Reads the kind `multivariate_markov_chain`.
struct ChainReader {
  private let root: JSONPlace
  private let limits: ModelLimits

  init(_ root: JSONPlace, limits: ModelLimits) {
    self.root = root
    self.limits = limits
  }

  func read() throws(FileError) -> MarkovChainDescription {
    try root.check(keys: [
      "kind", "spatial_nodes", "node_states", "time_steps", "initial", "transition", "cpts", "name", "description",
    ])
    let variables = try VariableList(reading: root, limits: limits)
    let timeSteps = try root.required("time_steps").count(1...max(1, limits.nodes / variables.nodes.count))
    let first = try initial(try root.required("initial"), variables)
    let joint = root.member("transition")
    let factored = root.member("cpts")
    if joint != nil, let factored { throw factored.failure("'transition' or 'cpts'", got: "both") }
    var transition: [LiteralTable] = []
    if let joint {
      transition = [try self.transition(joint, variables)]
    } else if let factored {
      transition = try ConditionalReader(variables, limits: limits).tables(factored)
    } else if timeSteps > 1 {
      throw root.failure("a key 'transition' or 'cpts', since there are \(timeSteps) time steps", got: "neither")
    }
    let numbers = transition.reduce(0.0) { $0 + Double($1.values.count) } * Double(timeSteps - 1)
    guard numbers + first.reduce(0.0, { $0 + Double($1.values.count) }) <= Double(limits.tableNumbers) else {
      throw root.failure(
        "tables of at most \(limits.tableNumbers) numbers over all time steps",
        got: NumberText.significant(numbers, digits: 6), advice: "take fewer time steps or states")
    }
    return MarkovChainDescription(
      path: root.path, variables: variables.nodes, timeSteps: timeSteps, initial: first, transition: transition,
      isJoint: joint != nil)
  }

  /// "uniform"; the probabilities of all slices; a list of probabilities a variable; or a list of `{x, p}`.
  private func initial(_ place: JSONPlace, _ variables: VariableList) throws(FileError) -> [LiteralTable] {
    let nodes = variables.nodes
    let all = Array(nodes.indices)
    if place.value.asString == "uniform" {
      // The uniform law of slices is that of independent uniform variables.
      guard nodes.reduce(0.0, { $0 + Double($1.stateCount) }) <= Double(limits.expandedNumbers) else {
        throw place.failure("at most \(limits.expandedNumbers) states in all")
      }
      return nodes.enumerated().map { index, node in
        LiteralTable(
          nodes: [index], columns: node.stateCount,
          values: [ProbabilityLiteral](repeating: .text("1/\(node.stateCount)"), count: node.stateCount),
          place: "initial")
      }
    }
    let elements = try place.elements("probabilities, or \"uniform\"")
    switch elements[0] {
    case .array:
      guard elements.count == nodes.count else {
        throw place.failure("\(nodes.count) lists, one a node", got: "\(elements.count)")
      }
      var tables: [LiteralTable] = []
      for (index, element) in elements.enumerated() {
        let inner = place.inside(element, "[\(index)]")
        tables.append(
          LiteralTable(
            nodes: [index], columns: nodes[index].stateCount,
            values: try inner.literals(shapes: [[nodes[index].stateCount]]), place: inner.place))
      }
      return tables
    case .object:
      guard let slices = variables.sliceCount(limit: limits.expandedNumbers) else {
        throw place.failure("a list of {x, p} for at most \(limits.expandedNumbers) slices", got: "more of them")
      }
      var values = [ProbabilityLiteral](repeating: .number(0), count: slices)
      var seen = Set<Int>()
      for (index, element) in elements.enumerated() {
        let entry = place.inside(element, "[\(index)]")
        try entry.check(keys: ["x", "p"])
        let slice = variables.slice(try variables.values(try entry.required("x")))
        guard seen.insert(slice).inserted else { throw entry.failure("every slice once", got: "one again") }
        values[slice] = try entry.required("p").literal()
      }
      return [LiteralTable(nodes: all, columns: slices, values: values, place: place.place)]
    default:
      guard let slices = variables.sliceCount(limit: limits.tableNumbers) else {
        throw place.failure(
          "at most \(limits.tableNumbers) slices", got: "more of them", advice: "give a list of probabilities a node")
      }
      return [
        LiteralTable(nodes: all, columns: slices, values: try place.literals(shapes: [[slices]]), place: place.place)
      ]
    }
  }

  /// A row for each slice, or all numbers flat, or a list of `{from, to, p}`.
  private func transition(_ place: JSONPlace, _ variables: VariableList) throws(FileError) -> LiteralTable {
    let all = Array(variables.nodes.indices)
    guard let slices = variables.sliceCount(limit: limits.tableNumbers),
      slices <= limits.tableNumbers / slices
    else {
      throw place.failure(
        "a transition of at most \(limits.tableNumbers) numbers", got: "more of them",
        advice: "give 'cpts', a table a variable")
    }
    let elements = try place.elements("\(slices) rows of \(slices) probabilities")
    guard case .object = elements[0] else {
      return LiteralTable(
        nodes: all, parents: all, columns: slices,
        values: try place.literals(shapes: [[slices, slices], [slices * slices]]), place: place.place)
    }
    guard slices * slices <= limits.expandedNumbers else {
      throw place.failure("a list of {from, to, p} for at most \(limits.expandedNumbers) numbers", got: "more of them")
    }
    var values = [ProbabilityLiteral](repeating: .number(0), count: slices * slices)
    var seen = Set<Int>()
    for (index, element) in elements.enumerated() {
      let entry = place.inside(element, "[\(index)]")
      try entry.check(keys: ["from", "to", "p"])
      let from = variables.slice(try variables.values(try entry.required("from")))
      let to = variables.slice(try variables.values(try entry.required("to")))
      guard seen.insert(from * slices + to).inserted else {
        throw entry.failure("every pair of slices once", got: "one again")
      }
      values[from * slices + to] = try entry.required("p").literal()
    }
    return LiteralTable(nodes: all, parents: all, columns: slices, values: values, place: place.place)
  }
}
