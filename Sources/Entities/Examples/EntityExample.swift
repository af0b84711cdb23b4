// SPDX-License-Identifier: Apache-2.0
// Espalier: small models with known entities.

public import Datasets

/// A bundled model: a model file as text, a trajectory of it, and what is to be seen.
public struct EntityExample: Sendable, Hashable {
  /// What it is called on the command line.
  public let name: String
  /// One sentence about what it shows.
  public let summary: String
  /// The model as the contents of a model file.
  public let text: String
  /// The trajectory that shows it.
  public let trajectory: [Int]

  /// The example of a name, nil when there is none.
  public static func named(_ name: String) -> EntityExample? { all.first { $0.name == name } }

  /// The model.
  ///
  /// - Throws: never for the bundled examples; their texts are read by the same reader as files.
  public func description() throws(FileError) -> ModelDescription {
    try ModelFile.read(bytes: Array(text.utf8), path: "\(name).json")
  }

  /// All examples.
  public static let all: [EntityExample] = [
    EntityExample(
      name: "weather", summary: "two nodes: wet grass after rain, a first look",
      text: #"""
        {
          "kind": "joint_table",
          "spatial_nodes": ["rain", "wet"],
          "node_states": 2,
          "table": [
            {"x": [0, 0], "p": "9/20"},
            {"x": [0, 1], "p": "1/20"},
            {"x": [1, 0], "p": "1/10"},
            {"x": [1, 1], "p": "2/5"}
          ]
        }
        """#, trajectory: [1, 1]),
    EntityExample(
      name: "mc-equal", summary: "two independent constant bits over three steps: eight entities of one bit",
      text: chain("\"1\"", "\"0\""), trajectory: [0, 0, 0, 0, 0, 0]),
    EntityExample(
      name: "mc-epsilon",
      summary: "the same with small interactions: the whole trajectory holds together, by 0.0287 bits",
      text: chain("\"97/100\"", "\"1/100\""), trajectory: [0, 0, 0, 0, 0, 0]),
    EntityExample(
      name: "xor", summary: "three bits with even sum: the triple is an entity of one bit, none of its pairs is",
      text: table([("0,0,0", "1/4"), ("0,1,1", "1/4"), ("1,0,1", "1/4"), ("1,1,0", "1/4")]), trajectory: [0, 0, 0]),
    EntityExample(
      name: "trap", summary: "three bits that no cut in two parts, but the cut in three does: not an entity",
      text: table([
        ("1,1,1", "0.12"), ("0,1,1", "0.09"), ("1,0,1", "0.09"), ("1,1,0", "0.09"), ("0,0,1", "0.2"), ("0,1,0", "0.2"),
        ("1,0,0", "0.2"), ("0,0,0", "0.01"),
      ]), trajectory: [1, 1, 1]),
    EntityExample(
      name: "copy", summary: "four copies of one rare bit: the upper bound of integration is attained",
      text:
        "{\"kind\": \"joint_table\", \"node_states\": [2, 2, 2, 2],\n \"table\": [{\"x\": [0, 0, 0, 0], \"p\": \"7/8\"}, {\"x\": [1, 1, 1, 1], \"p\": \"1/8\"}]}",
      trajectory: [1, 1, 1, 1]),
    EntityExample(
      name: "wind", summary: "a particle on four places that the wind moves or not: its track is an entity that acts",
      text: #"""
        {
          "kind": "multivariate_markov_chain",
          "spatial_nodes": ["place", "wind"],
          "node_states": [["0", "1", "2", "3"], ["still", "east"]],
          "time_steps": 3,
          "initial": [["1/4", "1/4", "1/4", "1/4"], ["1/2", "1/2"]],
          "cpts": [
            {"node": "place", "parents": ["place", "wind"], "table": [
              [1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0],
              [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [1, 0, 0, 0]]},
            {"node": "wind", "parents": ["wind"], "table": [["3/4", "1/4"], ["1/4", "3/4"]]}
          ]
        }
        """#, trajectory: [0, 1, 1, 1, 2, 1]),
    EntityExample(
      name: "thermostat", summary: "a heater that senses a room: a perception-action loop of memory and environment",
      text: #"""
        {
          "kind": "multivariate_markov_chain",
          "spatial_nodes": ["heater", "room"],
          "node_states": [["off", "on"], ["cold", "mild", "warm"]],
          "time_steps": 3,
          "initial": [["1/2", "1/2"], ["1/3", "1/3", "1/3"]],
          "cpts": [
            {"node": "heater", "parents": ["heater", "room"], "table": [
              ["1/10", "9/10"], ["9/10", "1/10"], ["9/10", "1/10"],
              ["1/10", "9/10"], ["1/10", "9/10"], ["9/10", "1/10"]]},
            {"node": "room", "parents": ["heater", "room"], "table": [
              ["4/5", "1/5", 0], ["1/2", "1/2", 0], [0, "1/2", "1/2"],
              ["1/2", "1/2", 0], [0, "1/2", "1/2"], [0, "1/5", "4/5"]]}
          ]
        }
        """#, trajectory: [0, 0, 1, 0, 1, 1]),
    EntityExample(
      name: "rule-110", summary: "rule 110 on a ring of five cells over three steps from random cells",
      text: "{\"kind\": \"elementary_ca\", \"rule\": 110, \"ring\": 5, \"time_steps\": 3, \"initial\": \"1/2\"}",
      trajectory: [0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0]),
    EntityExample(
      name: "life",
      summary: "a blinker in Conway's Life, 3 x 3 cells over two steps: not an entity, as no still life is",
      text: "{\"kind\": \"life_region\", \"rows\": 3, \"cols\": 3, \"time_steps\": 2, \"initial\": \"1/2\"}",
      trajectory: [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0]),
  ]

  /// Two binary variables over three steps, begun uniformly; each slice stays with one probability and turns into each other one with another.
  private static func chain(_ stay: String, _ turn: String) -> String {
    let rows = (0..<4).map { row in
      "[" + (0..<4).map { $0 == row ? stay : turn }.joined(separator: ", ") + "]"
    }
    return """
      {
        "kind": "multivariate_markov_chain",
        "spatial_nodes": 2, "node_states": [2, 2], "time_steps": 3,
        "initial": ["1/4", "1/4", "1/4", "1/4"],
        "transition": [
          \(rows.joined(separator: ",\n    "))
        ]
      }
      """
  }

  private static func table(_ entries: [(values: String, probability: String)]) -> String {
    let rows = entries.map { "{\"x\": [\($0.values)], \"p\": \"\($0.probability)\"}" }
    return """
      {
        "kind": "joint_table", "node_states": [2, 2, 2],
        "table": [
          \(rows.joined(separator: ",\n    "))
        ]
      }
      """
  }
}
