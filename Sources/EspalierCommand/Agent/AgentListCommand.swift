// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier agent list`.

internal import ArgumentParser
internal import Espalier

/// Lists environments and algorithms.
struct AgentListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "The environments and the algorithms that there are.")

  @Flag(help: "print one JSON object a line") var json = false

  func run() throws {
    if json {
      for object in try Self.objects() { Output.result(object) }
    } else {
      Output.result(try Self.text())
    }
  }

  private static func worlds() throws -> [(EnvironmentCatalogue.Entry, any AgentWorld)] {
    try EnvironmentCatalogue.entries.map { ($0, try AgentWorlds.named($0.name)) }
  }

  /// One object an environment, then one an algorithm.
  static func objects() throws -> [JSONValue] {
    try worlds().map { entry, world -> JSONValue in
      .object([
        .init("kind", "environment"), .init("name", .string(entry.name)), .init("summary", .string(entry.summary)),
        .init("gymnasium", entry.gymnasium.map { .string($0) } ?? .null),
        .init("observations", .string("\(world.observationSpace)")),
        .init("actions", .string("\(world.actionSpace)")),
        .init("time_limit", world.timeLimit.map { .integer($0) } ?? .null),
        .init(
          "algorithm",
          AgentAlgorithm.usual(for: world.actionSpace).map { .string($0.rawValue) } ?? .null),
        .init(
          "algorithms",
          .array(AgentAlgorithm.allCases.filter { $0.suits(world.actionSpace) }.map { .string($0.rawValue) })),
      ])
    }
      + AgentAlgorithm.allCases.map { algorithm -> JSONValue in
        .object([
          .init("kind", "algorithm"), .init("name", .string(algorithm.rawValue)),
          .init("actions", .string(algorithm.actions)), .init("summary", .string(algorithm.summary)),
        ])
      }
  }

  /// Two tables.
  static func text() throws -> String {
    var environments = TextTable([.left, .left, .left, .right, .left, .left])
    environments.add(["name", "observations", "actions", "steps", "usual", "Gymnasium"])
    for (entry, world) in try worlds() {
      environments.add([
        entry.name, short(world.observationSpace), short(world.actionSpace), world.timeLimit.map { "\($0)" } ?? "-",
        AgentAlgorithm.usual(for: world.actionSpace)?.rawValue ?? "-", entry.gymnasium ?? "-",
      ])
    }
    var algorithms = TextTable([.left, .left, .left])
    for algorithm in AgentAlgorithm.allCases {
      algorithms.add([algorithm.rawValue, algorithm.actions, algorithm.summary])
    }
    return Output.bold("environments") + "\n\n" + environments.text(indent: "  ") + "\n\n" + Output.bold("algorithms")
      + "\n\n" + algorithms.text(indent: "  ")
  }

  /// A space without its bounds, which --json tells.
  private static func short(_ space: Space) -> String {
    guard case .box(let box) = space else { return "\(space)" }
    return "Box(\(box.shape.map { "\($0)" }.joined(separator: " x ")))"
  }
}
