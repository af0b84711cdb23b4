// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier entities verdict`.

internal import ArgumentParser
internal import Espalier

/// Judges one pattern of any size.
struct EntitiesVerdictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verdict",
    abstract: "Whether one pattern of any size is an ι-entity: proved, refuted by a partition, or unknown with bounds.",
    discussion: """
      Chains of one variable are judged exactly for thousands of steps, small patterns from all their subsets; large ones \
      are refuted by a searched partition, or proved where structure allows it. Ctrl-C ends the search with the bounds \
      found so far. --json prints verdict (proved, refuted, unknown), by, at_least_bits, at_most_bits, partition.

        espalier entities verdict model.json --trajectory @values.txt
        espalier entities verdict network.bif --nodes smoke,lung,xray
      """)

  @OptionGroup var source: EntityModelFlags
  @OptionGroup var choice: TrajectoryFlags
  @Option(help: ArgumentHelp("judge only these nodes of the trajectory, by numbers or names", valueName: "list"))
  var nodes: String?
  @Option(help: "how many marginal probabilities may be worked out") var evaluations: Int = 100_000
  @Option(help: "up to how many nodes all subsets are summed") var exactNodes: Int = 18
  @Flag(help: "print one JSON object a trajectory") var json = false

  func validate() throws {
    guard evaluations >= 1 else { throw ValidationError("--evaluations: expected at least 1, got \(evaluations)") }
    guard (0...26).contains(exactNodes) else {
      throw ValidationError("--exact-nodes: expected 0 to 26, got \(exactNodes)")
    }
  }

  func run() throws {
    Interruption.listen()
    for (pattern, verdict) in try execute() {
      Output.result(json ? Self.object(verdict).text() : Self.text(verdict, pattern))
    }
    if Interruption.isRequested {
      throw CommandError(.interrupted, "stopped; the bounds are what was found until then")
    }
  }

  /// The verdicts on the chosen trajectories, or on their parts.
  func execute() throws -> [(pattern: SpatiotemporalPattern, verdict: EntityVerdict)] {
    let subject = try EntitySubject(source, choice)
    let budget = VerdictBudget(
      evaluations: evaluations, exactNodes: exactNodes, isCancelled: { Interruption.isRequested })
    return try subject.trajectories.map { trajectory in
      var pattern = SpatiotemporalPattern(trajectory: trajectory)
      if let nodes {
        pattern = pattern.part(on: try EntitiesFindCommand.nodes(nodes, subject.model.nodes, flag: "--nodes"))
      }
      return (pattern, try Self.verdict(subject.model, pattern, budget, UInt64(choice.seed)))
    }
  }

  private static func verdict(
    _ model: some ProbabilityModel<Double>, _ pattern: SpatiotemporalPattern, _ budget: VerdictBudget, _ seed: UInt64
  ) throws -> EntityVerdict {
    try model.verdict(on: pattern, budget: budget, random: Random(seed: seed))
  }

  private static func bits(_ value: Double) -> String {
    value.isFinite ? NumberText.fixed(value == 0 ? 0 : value, decimals: 6) : "infinity"
  }

  static func text(_ verdict: EntityVerdict, _ pattern: SpatiotemporalPattern) -> String {
    let head = "\(NumberText.grouped(pattern.count)) nodes: "
    switch verdict {
    case .proved(let least, let most, let method):
      let range = least == most ? "ι = \(bits(least)) bits" : "ι from \(bits(least)) to \(bits(most)) bits"
      return head + "proved an ι-entity by \(method.words), \(range)"
    case .refuted(let partition, let integration, let method):
      return head + "not an ι-entity by \(method.words): SLI \(bits(integration)) bits at \(partition)"
    case .unknown(let least, let most, let partition):
      return head + "unknown: ι from \(bits(least)) to \(bits(most)) bits"
        + (partition.map { ", the latter at \($0)" } ?? "")
    }
  }

  static func object(_ verdict: EntityVerdict) -> JSONValue {
    func object(
      _ word: String, _ method: VerdictMethod?, _ least: Double?, _ most: Double?, _ partition: NodePartition?
    ) -> JSONValue {
      [
        "verdict": .string(word), "by": method.map { .string($0.words) } ?? .null,
        "at_least_bits": .optional(least.flatMap { $0.isFinite ? $0 : nil }),
        "at_most_bits": .optional(most.flatMap { $0.isFinite ? $0 : nil }),
        "partition": partition.map { .array($0.blocks.map { .array($0.map { .integer($0) }) }) } ?? .null,
      ]
    }
    switch verdict {
    case .proved(let least, let most, let method): return object("proved", method, least, most, nil)
    case .refuted(let partition, let integration, let method):
      return object("refuted", method, nil, integration, partition)
    case .unknown(let least, let most, let partition): return object("unknown", nil, least, most, partition)
    }
  }
}

extension VerdictMethod {
  /// The method in words.
  fileprivate var words: String {
    switch self {
    case .subsets: "all subsets"
    case .pathCover: "a path cover"
    case .independence: "independence"
    case .copies: "copies"
    case .submodularity: "submodularity"
    case .branching: "branch and bound"
    case .search: "search"
    }
  }
}
