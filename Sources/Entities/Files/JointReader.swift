// SPDX-License-Identifier: Apache-2.0
// Espalier: reading a joint table.

internal import Datasets

/// Reads the kind `joint_table`.
///
/// With `time_steps` the nodes are those of `node_states` in every slice, unless `node_states` has an entry for each node of each slice.
struct JointReader {
  private let root: JSONPlace
  private let limits: ModelLimits

  init(_ root: JSONPlace, limits: ModelLimits) {
    self.root = root
    self.limits = limits
  }

  func read() throws(FileError) -> JointTableDescription {
    try root.check(keys: ["kind", "node_states", "table", "spatial_nodes", "time_steps", "name", "description"])
    let table = try root.required("table")
    let elements = try table.elements("{x, p}, or of all probabilities")
    let variables = try nodes(firstValues: elements[0]["x"]?.asArray?.count)
    var values: [[Int]] = []
    var probabilities: [ProbabilityLiteral] = []
    var positions: [Int] = []
    if case .object = elements[0] {
      guard elements.count <= limits.expandedNumbers else {
        throw table.failure("at most \(limits.expandedNumbers) entries", got: "\(elements.count)")
      }
      var seen: [[Int]: Int] = [:]
      for (index, element) in elements.enumerated() {
        let entry = table.inside(element, "[\(index)]")
        try entry.check(keys: ["x", "p"])
        let trajectory = try variables.values(try entry.required("x"))
        if let before = seen.updateValue(index, forKey: trajectory) {
          throw entry.failure("every x once", got: "that of table[\(before)] again")
        }
        values.append(trajectory)
        probabilities.append(try entry.required("p").literal())
        positions.append(index)
      }
    } else {
      guard let count = variables.sliceCount(limit: limits.expandedNumbers) else {
        throw table.failure(
          "all probabilities of at most \(limits.expandedNumbers) trajectories", got: "more trajectories",
          advice: "list the possible ones as {x, p}")
      }
      for (index, literal) in try table.literals(shapes: [[count]]).enumerated() where literal != .number(0) {
        var rest = index
        var trajectory: [Int] = []
        for node in variables.nodes.reversed() {
          trajectory.append(rest % node.stateCount)
          rest /= node.stateCount
        }
        values.append(trajectory.reversed())
        probabilities.append(literal)
        positions.append(index)
      }
    }
    return JointTableDescription(
      path: root.path, nodes: variables.nodes, values: values, probabilities: probabilities, positions: positions)
  }

  /// The nodes of all slices.
  private func nodes(firstValues: Int?) throws(FileError) -> VariableList {
    let timeSteps = try root.member("time_steps")?.count(1...limits.nodes) ?? 1
    // Without any word about the number of nodes the first trajectory tells it.
    let usual = firstValues.flatMap { $0 > 0 && $0 <= limits.nodes && $0 % timeSteps == 0 ? $0 / timeSteps : nil }
    let declared = try VariableList(reading: root, limits: limits, slices: timeSteps, usual: usual)
    let count = declared.nodes.count
    guard timeSteps > 1, declared.nodes.allSatisfy({ $0.time == 0 }) else { return declared }
    let listsAll = root.member("spatial_nodes") == nil && count % timeSteps == 0 && firstValues == count
    let width = listsAll ? count / timeSteps : count
    guard width <= limits.nodes / timeSteps else {
      throw root.failure("at most \(limits.nodes) nodes over all time steps", got: "\(width) times \(timeSteps)")
    }
    var nodes: [ModelNode] = []
    for time in 0..<timeSteps {
      for place in 0..<width {
        let node = declared.nodes[listsAll ? time * width + place : place]
        nodes.append(
          ModelNode(
            "\(declared.nodes[place].name)@\(time)", states: node.stateCount, stateNames: node.stateNames, place: place,
            time: time))
      }
    }
    return VariableList(nodes)
  }
}
