// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier entities actions`.

internal import ArgumentParser
internal import Espalier

/// Tells which entities act and what they perceive.
struct EntitiesActionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "actions",
    abstract: "Which entities of a model act, whether they interpenetrate, and what they perceive.",
    discussion: """
      An entity acts at a time when, in the same environment, an entity on the same nodes goes on differently: with other \
      values (value), or on other nodes (extent). Entities with one past interpenetrate when two different futures of theirs \
      occur in one trajectory; then perceptions are not defined. Perceptions are classes of environments that make \
      the possible futures equally probable.

      The entities are the model's ι-entities, thinned out by --select, one after another: maximal, top:K, above:BITS, \
      at-least:NODES, at-most:NODES, spanning, or partition:K (the blocks of each trajectory's K-th refinement-free partition of two \
      blocks or more). --variables takes all full tracks of some variables instead, --pattern patterns of your own.

        espalier entities actions --example mc-equal
        espalier entities actions --example thermostat --variables heater
      """)

  @OptionGroup var source: EntityModelFlags

  @Option(parsing: .singleValue, help: ArgumentHelp("keep only some of the ι-entities, see above", valueName: "rule"))
  var select: [EntityRule] = []

  @Option(
    help: ArgumentHelp("take the full tracks of these variables of a chain, by names or numbers", valueName: "list"))
  var variables: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("take these patterns, nodes and values such as 0=1,2=0", valueName: "pattern"))
  var pattern: [String] = []

  @Flag(help: "exact fractions: equal probabilities are equal, and 0 is 0") var exact = false
  @Option(
    help: ArgumentHelp("futures up to so much apart in probability count as equal, for fitted models", valueName: "p"))
  var tolerance: Double?

  @Option(help: "the most trajectories the model may have") var limit: Int = 1 << 16
  @Option(help: "entities to tell of, the first ones of the set") var top: Int = 20
  @OptionGroup var team: ThreadFlags
  @Flag(help: "print one JSON object") var json = false

  func validate() throws {
    guard tolerance.map({ (0...1).contains($0) }) ?? true else {
      throw ValidationError("--tolerance: expected 0 to 1, got \(tolerance ?? 0)")
    }
    guard limit >= 1, top >= 0 else { throw ValidationError("--limit and --top: expected positive whole numbers") }
    guard [!select.isEmpty, variables != nil, !pattern.isEmpty].count(where: { $0 }) <= 1 else {
      throw ValidationError("expected one of --select, --variables and --pattern, got more")
    }
  }

  func run() throws {
    let account = try execute()
    Output.result(json ? account.json.text() : account.text)
  }

  /// What is found, in words and as an object.
  func execute() throws -> (text: String, json: JSONValue) {
    let subject = try EntitySubject(source, nil)
    if exact {
      return try account(try subject.exactModel()) { model, pattern throws(EntityError) in
        try ExactIntegration(of: pattern, in: model).entities()
      }
    }
    let workers = team.workers
    return try account(subject.model) { model, pattern throws(EntityError) in
      try LocalIntegration(of: pattern, in: model, workers: workers).entities()
    }
  }

  private func account<Model: ProbabilityModel>(
    _ model: Model, judge: (Model, SpatiotemporalPattern) throws(EntityError) -> [IotaEntity]
  ) throws -> (text: String, json: JSONValue) {
    let report = BehaviourReport(try entities(model, judge).behaviour(within: tolerance))
    return (report.text(top: top), report.json)
  }

  private func entities<Model: ProbabilityModel>(
    _ model: Model, _ judge: (Model, SpatiotemporalPattern) throws(EntityError) -> [IotaEntity]
  ) throws -> EntitySet<Model.Scalar> {
    if let variables {
      let places = try Self.places(variables, model.nodes)
      let nodes = model.nodes.indices.filter { places.contains(model.nodes[$0].place) }
      let tracks = try model.trajectories(limit: limit).map {
        SpatiotemporalPattern(trajectory: $0.values).part(on: nodes)
      }
      return try EntitySet(of: model, patterns: tracks, limit: limit)
    }
    if !pattern.isEmpty {
      return try EntitySet(of: model, patterns: try pattern.map { try Self.pattern($0, model.nodes) }, limit: limit)
    }
    var set = try EntitySet<Model.Scalar>.iota(of: model, limit: limit) { pattern throws(EntityError) in
      try judge(model, pattern)
    }
    for rule in select {
      switch rule {
      case .selection(let selection): set = try set.selecting(selection)
      case .partition(let number):
        set = try set.selecting(blocks: { trajectory throws(EntityError) in
          let pattern = SpatiotemporalPattern(trajectory: trajectory.values)
          let agreement = try model.agreement(with: pattern).map(\.approximation)
          let cut = try LocalIntegration(agreement: agreement, with: pattern).refinementFreePartitions()
            .filter { $0.partition.blocks.count > 1 }
          return cut.count >= number ? cut[number - 1].partition : nil
        })
      }
    }
    return set
  }

  /// The places of variables that are named, or numbered, in the first slice.
  private static func places(_ text: String, _ nodes: [ModelNode]) throws -> Set<Int> {
    let slice = nodes.filter { $0.time == nodes.first?.time }
    let names = slice.map { String($0.name.prefix { $0 != "@" }) }
    guard text.contains(where: { $0 != "," }) else {
      throw CommandError.usage("--variables: expected names or numbers of variables, got '\(text)'")
    }
    return Set(
      try text.split(separator: ",").map { word in
        if let index = names.firstIndex(of: String(word)) { return slice[index].place }
        if let number = Int(word), slice.indices.contains(number) { return slice[number].place }
        throw CommandError.usage(
          "--variables: expected names or numbers of variables, got '\(word)'; "
            + Names.advice(for: String(word), among: names))
      })
  }

  /// "0=1,2=0" as a pattern.
  private static func pattern(_ text: String, _ nodes: [ModelNode]) throws -> SpatiotemporalPattern {
    var pairs: [Int: Int] = [:]
    for part in text.split(separator: ",") {
      let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard sides.count == 2, let node = try EntitiesFindCommand.nodes(sides[0], nodes, flag: "--pattern").first else {
        throw CommandError.usage("--pattern: expected nodes and values such as 0=1,2=0, got '\(text)'")
      }
      guard let value = nodes[node].stateNames.firstIndex(of: sides[1]) ?? Int(sides[1]), pairs[node] == nil else {
        throw CommandError.usage("--pattern: expected one state of \(nodes[node].name), got '\(part)'")
      }
      pairs[node] = value
    }
    guard !pairs.isEmpty else {
      throw CommandError.usage("--pattern: expected nodes and values such as 0=1,2=0, got '\(text)'")
    }
    return SpatiotemporalPattern(nodes: pairs.keys.sorted(), values: pairs.keys.sorted().map { pairs[$0] ?? 0 })
  }
}

/// A rule that thins a set of entities out.
enum EntityRule: Equatable, Sendable, ExpressibleByArgument {
  case selection(EntitySelection)
  case partition(Int)

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1).map(String.init)
    let count = parts.count == 2 ? Int(parts[1]).flatMap { $0 >= 1 ? $0 : nil } : nil
    switch (parts.first, parts.count, count) {
    case ("maximal", 1, _): self = .selection(.maximal)
    case ("spanning", 1, _): self = .selection(.spanning)
    case ("top", 2, let count?): self = .selection(.top(count))
    case ("at-least", 2, let count?): self = .selection(.atLeast(nodes: count))
    case ("at-most", 2, let count?): self = .selection(.atMost(nodes: count))
    case ("partition", 2, let count?): self = .partition(count)
    case ("above", 2, _):
      guard let bits = Double(parts[1]), bits.isFinite else { return nil }
      self = .selection(.above(bits))
    default: return nil
    }
  }
}
