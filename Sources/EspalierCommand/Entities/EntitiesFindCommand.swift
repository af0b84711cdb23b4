// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier entities find`.

internal import ArgumentParser
internal import Espalier

/// Judges all parts of a trajectory.
struct EntitiesFindCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "find",
    abstract: "The ι-entities of a trajectory and its disintegration hierarchy (the command when none is named).",
    discussion: """
      A trajectory gives every node a value, slice after slice. --json prints one object a trajectory: p, cli_bits (the \
      complete local integration of the whole; null for one node), entities (nodes, values, p, cli_bits, argmin: a \
      partition that attains it), levels (sli_bits, partitions, refinement_free, rising), and what they were found with.

        espalier entities --example mc-epsilon --svg entity.svg --hasse hierarchy.svg
        espalier entities model.json --trajectory 0,0,0,0,0,0 --partition '0,2,4|1,3,5' --json
        espalier entities network.bif --trajectory most-probable --nodes smoke,lung,xray --exact
      """)

  @OptionGroup var source: EntityModelFlags
  @OptionGroup var choice: TrajectoryFlags

  @Option(
    help: ArgumentHelp("judge only these nodes of the trajectory, by numbers or names", valueName: "list"))
  var nodes: String?

  @Flag(help: ArgumentHelp("exact fractions, up to \(ExactIntegration.mostNodes) nodes"))
  var exact = false

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "also tell the specific local integration of a partition, such as '0,2|1,3'", valueName: "blocks"))
  var partition: [String] = []

  @Flag(help: "tell all partitions that attain the integrations, and not just one") var allCuts = false

  @Flag(
    help: ArgumentHelp(
      "also tell the least integration as a share of what a partition into as many blocks could have, up to 16 nodes"))
  var normalized = false

  @Option(
    help: ArgumentHelp(
      "levels of the hierarchy to find (default: all up to 12 nodes, the lowest 20 up to \(DisintegrationHierarchy.mostNodesForLowest))",
      valueName: "count|all"))
  var levels: LevelChoice?

  @Option(
    help:
      "entities to list, the strongest first in the table (default: 20 in the table; in JSON and CSV all up to 20 nodes, 10,000 beyond)"
  )
  var top: Int?

  @Option(help: "which entity --svg outlines, by its place in the table from 1")
  var mark: Int = 1

  @Option(help: ArgumentHelp("write the entities as a table", valueName: "file.csv"), completion: .file())
  var csv: String?

  @Option(help: ArgumentHelp("draw the trajectory with an entity outlined", valueName: "file.svg"), completion: .file())
  var svg: String?

  @Option(
    help: ArgumentHelp("draw the refinement-free partitions, .svg or .dot", valueName: "file"), completion: .file())
  var hasse: String?

  @OptionGroup var team: ThreadFlags

  @Flag(help: "print one JSON object a trajectory") var json = false

  /// The most partitions of a diagram.
  private static let mostDrawn = 2_000

  func validate() throws {
    guard top ?? 1 >= 0 else { throw ValidationError("--top: expected a whole number from 0, got \(top ?? 0)") }
    guard mark >= 1 else { throw ValidationError("--mark: expected a whole number from 1, got \(mark)") }
    for (flag, path, endings) in [("csv", csv, [".csv"]), ("svg", svg, [".svg"]), ("hasse", hasse, [".svg", ".dot"])] {
      guard let path, !endings.contains(where: { path.lowercased().hasSuffix($0) }) else { continue }
      throw ValidationError("--\(flag): expected a file ending in \(endings.joined(separator: " or ")), got '\(path)'")
    }
  }

  func run() throws {
    let subject = try EntitySubject(source, choice)
    let isOne = subject.trajectories.count == 1
    guard isOne || (csv == nil && svg == nil && hasse == nil) else {
      throw CommandError.usage(
        "--csv, --svg and --hasse: expected one trajectory, got \(subject.trajectories.count); choose one with --trajectory"
      )
    }
    let workers = team.workers
    for trajectory in subject.trajectories {
      let report = try judge(trajectory, subject, workers)
      try write(report)
      if json {
        report.json(top: top) { Output.resultPiece($0) }
        Output.resultPiece("\n")
      } else {
        Output.result(report.text(top: top ?? 20))
      }
    }
  }

  /// Judges the chosen trajectories.
  func execute() throws -> [EntitiesReport] {
    let subject = try EntitySubject(source, choice)
    return try subject.trajectories.map { try judge($0, subject, team.workers) }
  }

  /// Judges one trajectory.
  func judge(_ trajectory: [Int], _ subject: EntitySubject, _ workers: Workers) throws -> EntitiesReport {
    let pattern = try chosenPart(of: SpatiotemporalPattern(trajectory: trajectory), subject.model.nodes)
    var report = EntitiesReport(
      name: subject.name, nodes: subject.model.nodes, trajectory: trajectory, pattern: pattern)
    if exact {
      let judged = try ExactIntegration(of: pattern, in: try subject.exactModel())
      try report.add(judged, wantsLevels: levels != .nothing)
      for text in partition { try report.add(partition: text, try Self.blocks(text, subject.model.nodes), judged) }
    }
    EntityOutlook.tell(seconds: EntityOutlook.seconds(nodes: pattern.count))
    if exact, !allCuts, !normalized, hasse == nil { return report }
    let judged = try LocalIntegration(of: pattern, in: subject.model, workers: workers)
    if !exact {
      try report.add(judged, levels: levels, rows: wantedRows(of: pattern.count))
      for text in partition { try report.add(partition: text, try Self.blocks(text, subject.model.nodes), judged) }
    }
    try report.addExtras(judged, wantsNormalized: normalized, wantsCuts: allCuts)
    if hasse != nil {
      do {
        report.refinementFree = try judged.refinementFreePartitions(limit: Self.mostDrawn)
      } catch EntityError.tooLarge {
        throw CommandError.usage(
          "--hasse: more than \(NumberText.grouped(Self.mostDrawn)) refinement-free partitions; judge fewer nodes with --nodes"
        )
      }
    }
    return report
  }

  /// How many entities must be known: those that are printed, and the one that is outlined.
  private func wantedRows(of nodes: Int) -> Int {
    let listed = json || csv != nil ? top ?? (nodes <= 20 ? .max : 10_000) : top ?? 20
    return max(listed, mark)
  }

  /// The part of a trajectory that `--nodes` names.
  private func chosenPart(of whole: SpatiotemporalPattern, _ all: [ModelNode]) throws -> SpatiotemporalPattern {
    guard let nodes else { return whole }
    return whole.part(on: try Self.nodes(nodes, all, flag: "--nodes"))
  }

  /// Node numbers or names, parted by commas.
  static func nodes(_ text: String, _ all: [ModelNode], flag: String) throws -> [Int] {
    let words = text.split(separator: ",").map { $0.split(separator: " ").joined(separator: " ") }
    guard !words.isEmpty else { throw CommandError.usage("\(flag): expected nodes such as 0,1,2, got '\(text)'") }
    let found = try words.map { word in
      if let node = all.firstIndex(where: { $0.name == word }) { return node }
      if let number = Int(word), all.indices.contains(number) { return number }
      throw CommandError.usage(
        "\(flag): expected numbers of 0 to \(all.count - 1) or names of nodes, got '\(word)'; "
          + Names.advice(for: word, among: all.map(\.name)))
    }
    guard Set(found).count == found.count else {
      throw CommandError.usage("\(flag): expected each node once, got '\(text)'")
    }
    return found
  }

  private static func blocks(_ text: String, _ all: [ModelNode]) throws -> NodePartition {
    try NodePartition(try text.split(separator: "|").map { try nodes(String($0), all, flag: "--partition") })
  }

  private func write(_ report: EntitiesReport) throws {
    if let csv {
      try OutputFile.write(report.csv(top: top), to: csv)
      Output.talk("entities in \(csv)")
    }
    if let svg {
      try OutputFile.write(try report.picture(marking: mark).svg, to: svg)
      Output.talk("picture in \(svg)")
    }
    if let hasse {
      let diagram = HasseDiagram(report.refinementFree, of: report.nodes)
      try OutputFile.write(hasse.lowercased().hasSuffix(".dot") ? diagram.dot : diagram.svg, to: hasse)
      Output.talk("hierarchy of \(report.refinementFree.count) refinement-free partitions in \(hasse)")
    }
  }
}

/// How many levels of a hierarchy are found.
enum LevelChoice: Equatable, Sendable, ExpressibleByArgument {
  case all
  case nothing
  case lowest(Int)

  init?(argument: String) {
    if argument == "all" {
      self = .all
    } else if let count = Int(argument), (0...1_000_000).contains(count) {
      self = count == 0 ? .nothing : .lowest(count)
    } else {
      return nil
    }
  }
}

/// Which trajectories a command looks at.
struct TrajectoryFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "values or names of states, one a node, slice after slice; or @FILE, most-probable, all, sample:N (default: the example's, the window seen most often, or most-probable)",
      valueName: "values"))
  var trajectory: TrajectoryChoice?

  @Option(help: "begins the random numbers of sample:N") var seed: Int = 1

  func validate() throws {
    guard seed >= 0 else { throw ValidationError("--seed: expected a whole number from 0, got \(seed)") }
  }
}
