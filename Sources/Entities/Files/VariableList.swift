// SPDX-License-Identifier: Apache-2.0
// Espalier: the variables that a JSON model declares.

internal import Datasets

/// The variables of a slice, found by index or by name, and their states, too.
struct VariableList {
  let nodes: [ModelNode]
  private let indices: [String: Int]
  private let states: [[String: Int]]

  init(_ nodes: [ModelNode]) {
    self.nodes = nodes
    var indices: [String: Int] = [:]
    var states: [[String: Int]] = []
    for (index, node) in nodes.enumerated() {
      indices[node.name] = index
      states.append(Dictionary(node.stateNames.enumerated().map { ($1, $0) }) { first, _ in first })
    }
    self.indices = indices
    self.states = states
  }

  /// Reads `spatial_nodes` (a count, or names) and `node_states` (a count for all, or a list of counts or of lists of names).
  ///
  /// - Parameters:
  ///   - slices: with more than one, `node_states` may also have an entry for each node of each slice; then all of them come.
  ///   - usual: how many nodes there are when neither key says it.
  init(reading root: JSONPlace, limits: ModelLimits, slices: Int = 1, usual: Int? = nil) throws(FileError) {
    let asked = try root.member("spatial_nodes")?.nameList(limits: limits)
    let statesPlace = try root.required("node_states")
    var names = asked?.names ?? []
    let count: Int
    if statesPlace.value.asArray != nil {
      count = try statesPlace.elements("numbers of states").count
      guard count <= limits.nodes else { throw statesPlace.failure("at most \(limits.nodes) nodes") }
      if let asked, asked.count != count, Double(asked.count) * Double(slices) != Double(count) {
        throw statesPlace.failure("\(asked.count) entries, one a spatial node", got: "\(count)")
      }
    } else {
      guard let known = asked?.count ?? usual else {
        throw statesPlace.failure(
          "a list, one entry a spatial node", advice: "or say with 'spatial_nodes' how many nodes there are")
      }
      count = known
    }
    let width = asked?.count ?? count
    if names.isEmpty { names = (0..<width).map { "x\($0)" } }
    if width < count { names = (0..<count).map { "\(names[$0 % width])@\($0 / width)" } }
    var nodes: [ModelNode] = []
    for (place, name) in names.enumerated() {
      let element = statesPlace.value.asArray.map { statesPlace.inside($0[place], "[\(place)]") } ?? statesPlace
      if element.value.asArray != nil {
        let list = try element.nameList(limits: limits)
        nodes.append(
          ModelNode(name, states: list.count, stateNames: list.names, place: place % width, time: place / width))
      } else {
        nodes.append(
          ModelNode(name, states: try element.count(1...limits.tableNumbers), place: place % width, time: place / width)
        )
      }
    }
    self.init(nodes)
  }

  /// The variable of an index or a name.
  func variable(_ place: JSONPlace) throws(FileError) -> Int {
    if let name = place.value.asString {
      guard let index = indices[name] else {
        throw place.failure(
          "the name of a node", advice: Names.advice(for: name, among: nodes.prefix(1000).map(\.name)))
      }
      return index
    }
    return try place.count(0...nodes.count - 1)
  }

  /// The values of all variables, `times` slices of them, as numbers or names of states.
  func values(_ place: JSONPlace, times: Int = 1) throws(FileError) -> [Int] {
    let wanted = nodes.count * times
    guard let elements = place.value.asArray, elements.count == wanted else {
      throw place.failure("\(wanted) values, one a node")
    }
    var values: [Int] = []
    for (index, element) in elements.enumerated() {
      let variable = index % nodes.count
      if let name = element.asString, let value = states[variable][name] {
        values.append(value)
      } else if let value = element.asInt, (0..<nodes[variable].stateCount).contains(value) {
        values.append(value)
      } else {
        let names = nodes[variable].stateNames.isEmpty ? "" : " or one of its states' names"
        throw place.failure(
          "a value of \(nodes[variable].name) from 0 to \(nodes[variable].stateCount - 1)\(names)",
          got: JSONPlace.words(element), inside: "[\(index)]")
      }
    }
    return values
  }

  /// The number of joint values, nil beyond a limit.
  func sliceCount(of list: [Int]? = nil, limit: Int) -> Int? {
    var count = 1
    for index in list ?? Array(nodes.indices) {
      let (product, overflow) = count.multipliedReportingOverflow(by: nodes[index].stateCount)
      guard !overflow, product <= limit else { return nil }
      count = product
    }
    return count
  }

  /// The index of a slice's values, the last variable fastest.
  func slice(_ values: [Int]) -> Int { zip(nodes, values).reduce(0) { $0 * $1.0.stateCount + $1.1 } }
}

extension JSONPlace {
  /// A count, or a list of different names.
  fileprivate func nameList(limits: ModelLimits) throws(FileError) -> (count: Int, names: [String]) {
    guard value.asArray != nil else { return (try count(1...limits.nodes), []) }
    var names: [String] = []
    var seen = Set<String>()
    for (index, element) in try elements("names").enumerated() {
      guard let name = element.asString, !name.isEmpty, name.utf8.count <= 256, name.isPlain else {
        throw failure(
          "a name of 1 to 256 bytes without control characters", got: Self.words(element), inside: "[\(index)]")
      }
      guard seen.insert(name).inserted else {
        throw failure("every name once", got: "'\(name.prefix(40))' again", inside: "[\(index)]")
      }
      names.append(name)
    }
    guard names.count <= limits.nodes else { throw failure("at most \(limits.nodes) names", got: "\(names.count)") }
    return (names.count, names)
  }
}
