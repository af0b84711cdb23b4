// SPDX-License-Identifier: Apache-2.0
// Espalier: reading a chain's transition as a table a variable.

internal import Datasets

/// Reads `cpts`: for each spatial node its law given nodes of the slice before.
///
/// An entry is `{"node": which, "parents": [which], "table": rows}` or just the rows. Entries stand in the
/// nodes' order unless they say which node they are about; they may also be an object whose keys are the nodes' names. Without
/// `parents` a single row stands for a node that depends on none, any other table for all nodes in order.
struct ConditionalReader {
  private let variables: VariableList
  private let limits: ModelLimits

  init(_ variables: VariableList, limits: ModelLimits) {
    self.variables = variables
    self.limits = limits
  }

  /// The tables in the order of the variables.
  func tables(_ place: JSONPlace) throws(FileError) -> [LiteralTable] {
    let nodes = variables.nodes
    var tables = [LiteralTable?](repeating: nil, count: nodes.count)
    for (entry, owner) in try entries(place) {
      guard tables[owner] == nil else {
        throw entry.failure("one table a node", got: "a second one of \(nodes[owner].name)")
      }
      tables[owner] = try table(entry, of: owner)
    }
    if let missing = tables.firstIndex(where: { $0 == nil }) {
      throw place.failure("a table for each of \(nodes.count) nodes", got: "none for \(nodes[missing].name)")
    }
    return tables.compactMap { $0 }
  }

  /// The entries and the variables that they are about.
  private func entries(_ place: JSONPlace) throws(FileError) -> [(JSONPlace, Int)] {
    let nodes = variables.nodes
    var result: [(JSONPlace, Int)] = []
    if let members = place.value.asObject {
      for member in members {
        let owner = try variables.variable(JSONPlace(value: .string(member.key), place: place.place, path: place.path))
        result.append((place.inside(member.value, ".\(nodes[owner].name)"), owner))
      }
      return result
    }
    let elements = try place.elements("tables, one a node")
    guard elements.count == nodes.count else {
      throw place.failure("\(nodes.count) tables, one a node", got: "\(elements.count)")
    }
    for (index, element) in elements.enumerated() {
      let entry = place.inside(element, "[\(index)]")
      guard element.asObject != nil else {
        result.append((entry, index))
        continue
      }
      let named = [entry.member("node"), entry.member("name")].compactMap { $0 }
      if named.count > 1 { throw entry.failure("'node' or 'name'", got: "both") }
      result.append((entry, try named.first.map { place throws(FileError) in try variables.variable(place) } ?? index))
    }
    return result
  }

  private func table(_ entry: JSONPlace, of owner: Int) throws(FileError) -> LiteralTable {
    guard entry.value.asObject != nil else { return try table(entry, of: owner, given: nil) }
    try entry.check(keys: ["node", "name", "parents", "table"])
    var parents: [Int]?
    if let list = entry.member("parents") {
      guard let elements = list.value.asArray else { throw list.failure("a list of nodes") }
      var found: [Int] = []
      var seen = Set<Int>()
      for (index, element) in elements.enumerated() {
        let parent = try variables.variable(list.inside(element, "[\(index)]"))
        guard seen.insert(parent).inserted else {
          throw list.failure("every parent once", got: "\(variables.nodes[parent].name) again", inside: "[\(index)]")
        }
        found.append(parent)
      }
      parents = found
    }
    let place = try entry.required("table")
    return try table(place, of: owner, given: parents)
  }

  /// Rows given `parents`; when nothing is said about them, a single row is given none and more rows all variables.
  private func table(_ place: JSONPlace, of owner: Int, given asked: [Int]?) throws(FileError) -> LiteralTable {
    let states = variables.nodes[owner].stateCount
    // As many numbers as states, or one list of them.
    let lists = place.value.asArray ?? []
    let row = lists.count == 1 ? lists[0].asArray ?? lists : lists
    let isOneRow = row.count == states && row.first?.asArray == nil
    let parents = asked ?? (isOneRow ? [] : Array(variables.nodes.indices))
    guard let rows = variables.sliceCount(of: parents, limit: limits.tableNumbers), rows <= limits.tableNumbers / states
    else {
      throw place.failure(
        "a table of at most \(limits.tableNumbers) numbers", got: "more of them", advice: "give fewer 'parents'")
    }
    var shapes = [[rows, states], [rows * states]]
    if parents.isEmpty { shapes = [[states], [1, states]] }
    if parents.count > 1 { shapes.append(parents.map { variables.nodes[$0].stateCount } + [states]) }
    return LiteralTable(
      nodes: [owner], parents: parents, columns: states, values: try place.literals(shapes: shapes), place: place.place)
  }
}
