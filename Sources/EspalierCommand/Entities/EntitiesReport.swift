// SPDX-License-Identifier: Apache-2.0
// Espalier: what was found in one trajectory.

internal import Espalier

/// The entities and the hierarchy of one pattern, ready to be printed.
struct EntitiesReport {
  /// One ι-entity.
  struct Row {
    let entity: IotaEntity
    let cut: NodePartition
    /// p and the ratio 2^ι, in exact mode.
    var exact: (probability: Rational, ratio: Rational)?
  }

  /// A partition that was asked for.
  struct Asked {
    let partition: NodePartition
    let bits: Double
    var ratio: Rational?
  }

  let name: String
  let nodes: [ModelNode]
  let trajectory: [Int]
  let pattern: SpatiotemporalPattern
  private(set) var probability = 0.0
  private(set) var exactProbability: Rational?
  private(set) var integration: Double?
  private(set) var exactRatio: Rational?
  private(set) var cut: NodePartition?
  /// What ι could be at most and at least, by the probabilities of the pattern and of its nodes.
  private(set) var bounds: IntegrationBounds?
  /// The normalised form, where it was asked for.
  private(set) var normalized: NormalizedIntegration?
  /// For the whole and each row all least cuts, where they were asked for; nil beyond a thousand.
  private(set) var allCuts: [SpatiotemporalPattern: [NodePartition]?] = [:]
  /// Fewest nodes first; the strongest ones where not all were wanted.
  private(set) var rows: [Row] = []
  /// How many entities there are.
  private(set) var entityCount = 0
  private(set) var hierarchy: DisintegrationHierarchy?
  private(set) var asked: [Asked] = []
  var refinementFree: [RankedPartition] = []

  init(name: String, nodes: [ModelNode], trajectory: [Int], pattern: SpatiotemporalPattern) {
    self.name = name
    self.nodes = nodes
    self.trajectory = trajectory
    self.pattern = pattern
  }

  /// Takes floating-point results in.
  mutating func add(_ judged: LocalIntegration, levels: LevelChoice?, rows wanted: Int) throws {
    probability = judged.probability(judged.whole)
    integration = judged.complete
    cut = judged.leastPartition(judged.whole)
    var masks = judged.entityMasks()
    entityCount = masks.count
    if wanted < masks.count {
      let strength = masks.map { judged.complete($0) ?? 0 }
      masks = masks.indices.sorted { strength[$0] != strength[$1] ? strength[$0] > strength[$1] : $0 < $1 }
        .prefix(wanted).sorted().map { masks[$0] }
    }
    rows = masks.compactMap { mask in
      judged.leastPartition(mask).map { cut in
        Row(
          entity: IotaEntity(
            pattern: pattern.part(mask), probability: judged.probability(mask), integration: judged.complete(mask) ?? 0),
          cut: cut)
      }
    }
    switch levels {
    case .all: hierarchy = try DisintegrationHierarchy(of: judged)
    case .lowest(let count): hierarchy = try DisintegrationHierarchy(of: judged, lowest: count)
    case nil where judged.count <= 12: hierarchy = try DisintegrationHierarchy(of: judged)
    case nil where judged.count <= DisintegrationHierarchy.mostNodesForLowest:
      hierarchy = try? DisintegrationHierarchy(of: judged, lowest: 20)
    default: break
    }
  }

  /// Takes in what follows from floating-point results in either mode.
  mutating func addExtras(_ judged: LocalIntegration, wantsNormalized: Bool, wantsCuts: Bool) throws {
    bounds = try? IntegrationBounds(complete: judged)
    if wantsNormalized { normalized = try judged.normalizedComplete() }
    guard wantsCuts else { return }
    for pattern in [pattern] + rows.map(\.entity.pattern) {
      allCuts[pattern] = .some(judged.leastPartitions(try judged.mask(of: pattern.nodes)))
    }
  }

  /// Takes exact results in.
  mutating func add(_ judged: ExactIntegration, wantsLevels: Bool) throws {
    exactProbability = judged.probabilities[judged.whole]
    probability = judged.probabilities[judged.whole].approximation
    integration = judged.complete(judged.whole)
    exactRatio = judged.completeRatio(judged.whole)
    cut = judged.leastPartition(judged.whole)
    let bits = Dictionary(uniqueKeysWithValues: pattern.nodes.enumerated().map { ($1, $0) })
    rows = judged.entities().compactMap { entity in
      let mask = entity.pattern.nodes.reduce(0) { $0 | 1 << (bits[$1] ?? 0) }
      guard let cut = judged.leastPartition(mask) else { return nil }
      return Row(entity: entity, cut: cut, exact: judged.completeRatio(mask).map { (judged.probabilities[mask], $0) })
    }
    entityCount = rows.count
    if wantsLevels { hierarchy = DisintegrationHierarchy(of: judged) }
  }

  /// Takes in the specific local integration of a partition of the judged nodes.
  mutating func add(partition text: String, _ partition: NodePartition, _ judged: LocalIntegration) throws {
    try check(partition, text)
    asked.append(Asked(partition: partition, bits: try judged.specific(partition)))
  }

  /// The same, exactly.
  mutating func add(partition text: String, _ partition: NodePartition, _ judged: ExactIntegration) throws {
    try check(partition, text)
    let ratio = judged.specificRatio(
      partition.blocks.map { block in
        block.reduce(0) { $0 | 1 << (pattern.nodes.firstIndex(of: $1) ?? 0) }
      })
    asked.append(Asked(partition: partition, bits: ratio.logarithm, ratio: ratio))
  }

  private func check(_ partition: NodePartition, _ text: String) throws {
    guard partition.nodes == pattern.nodes else {
      throw CommandError.usage(
        "--partition: expected blocks of all judged nodes, \(pattern.nodes.map { "\($0)" }.joined(separator: ",")), got '\(text)'"
      )
    }
  }

  /// The rows, strongest first.
  var strongestFirst: [Row] {
    rows.sorted {
      $0.entity.integration != $1.entity.integration
        ? $0.entity.integration > $1.entity.integration : $0.entity.pattern < $1.entity.pattern
    }
  }

  /// The trajectory with one entity outlined.
  func picture(marking place: Int) throws -> SpaceTimePicture {
    guard place <= max(rows.count, 1) else {
      throw CommandError.usage("--mark: expected 1 to \(rows.count), the entities that there are, got \(place)")
    }
    guard !rows.isEmpty else {
      return SpaceTimePicture(pattern, of: nodes, title: "\(name): no ι-entities")
    }
    let entity = strongestFirst[place - 1].entity
    return SpaceTimePicture(
      pattern, of: nodes, marking: [entity.pattern],
      title: "\(name): ι = \(NumberText.fixed(entity.integration, decimals: 6)) bits")
  }
}
