// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier entities grow`.

internal import ArgumentParser
internal import Espalier

/// Looks for entities in connected regions of a large model.
struct EntitiesGrowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grow",
    abstract: "The ι-entities inside connected regions of space and time, for models too large to judge at once.",
    discussion: """
      Regions grow from seed nodes along the model's tables and from slice to slice; all parts of each are judged exactly. \
      Entities that reach across regions are not found: allow larger ones. --json prints one object an entity: nodes, \
      values, p, cli_bits.

        espalier entities grow --example rule-110 --seeds 0,5,10 --most-nodes 4
      """)

  @OptionGroup var source: EntityModelFlags
  @OptionGroup var choice: TrajectoryFlags
  @Option(help: ArgumentHelp("nodes to grow from, by numbers or names (default: all)", valueName: "list"))
  var seeds: String?
  @Option(help: "nodes of a region") var mostNodes: Int = 5
  @Option(help: "regions that may be judged") var limit: Int = 10_000
  @Option(help: "entities to list, the strongest first") var top: Int = 20
  @OptionGroup var team: ThreadFlags
  @Flag(help: "print one JSON object an entity") var json = false

  func validate() throws {
    guard (2...20).contains(mostNodes) else {
      throw ValidationError("--most-nodes: expected 2 to 20, got \(mostNodes)")
    }
    guard limit >= 1, top >= 0 else { throw ValidationError("--limit and --top: expected positive whole numbers") }
  }

  func run() throws {
    let (nodes, regions, found) = try execute()
    if json {
      for entity in found {
        Output.result([
          "nodes": .array(entity.pattern.nodes.map { .integer($0) }),
          "values": .array(entity.pattern.values.map { .integer($0) }), "p": .number(entity.probability),
          "cli_bits": .number(entity.integration),
        ])
      }
      return
    }
    var table = TextTable([.right, .right, .left, .left])
    table.add(["ι bits", "p", "nodes", "values"])
    for entity in found.sorted(by: { ($1.integration, $0.pattern) < ($0.integration, $1.pattern) }).prefix(top) {
      table.add([
        NumberText.fixed(entity.integration, decimals: 6), EntitiesReport.number(entity.probability),
        entity.pattern.nodes.map { nodes[$0].name }.joined(separator: " "),
        zip(entity.pattern.nodes, entity.pattern.values).map { nodes[$0].stateName($1) }.joined(separator: " "),
      ])
    }
    Output.result(
      "\(NumberText.grouped(found.count)) ι-entities in \(NumberText.grouped(regions)) regions of up to \(mostNodes) nodes\n\n"
        + table.text(indent: "  ") + "\n")
  }

  /// The model's nodes, how many regions were judged, and the entities in them.
  func execute() throws -> (nodes: [ModelNode], regions: Int, entities: [IotaEntity]) {
    let subject = try EntitySubject(source, choice)
    guard subject.trajectories.count == 1 else {
      throw CommandError.usage(
        "expected one trajectory, got \(subject.trajectories.count); choose one with --trajectory")
    }
    let nodes = subject.model.nodes
    let from = try seeds.map { try EntitiesFindCommand.nodes($0, nodes, flag: "--seeds") } ?? Array(nodes.indices)
    let (regions, found) = try Self.entities(
      subject.model, subject.trajectories[0], from, mostNodes: mostNodes, limit: limit, team.workers)
    return (nodes, regions, found)
  }

  private static func entities(
    _ model: some ProbabilityModel<Double>, _ trajectory: [Int], _ seeds: [Int], mostNodes: Int, limit: Int,
    _ workers: Workers
  ) throws -> (regions: Int, entities: [IotaEntity]) {
    let regions = try RegionGrowth(in: model).regions(from: seeds, mostNodes: mostNodes, limit: limit)
    return (regions.count, try model.entities(along: trajectory, in: regions, workers: workers))
  }
}
