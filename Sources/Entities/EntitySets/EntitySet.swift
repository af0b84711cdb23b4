// SPDX-License-Identifier: Apache-2.0
// Espalier: patterns that are taken for entities, and where they occur.

/// An entity-set: some patterns of one model, and in which of its possible trajectories each of them occurs.
///
/// What counts as an entity is a choice: the ι-entities (`iota(of:)`), a selection of them (`selecting(_:)`), or any list of patterns.
/// Unlike a fixed set of variables, a set of patterns lets an entity have parts in space and time, sit on other variables at
/// other times, and be elsewhere or nowhere in another trajectory.
///
///     let set = try EntitySet.iota(of: chain)
///     set.interpenetration()              // nil, or two entities that are in each other's way
///     set.actions()                       // where an entity's environment does not settle what it does next
///     try set.perceptions(of: 0, at: 0)   // which environments it tells apart
///
/// An entity x_A *occurs* in a trajectory z_V when the trajectory has the pattern's values on the pattern's nodes, z_A = x_A, whichever
/// trajectory the entity was found on. Only trajectories of positive probability count, and all of them do.
///
/// Entities and trajectories are named by their places in `entities` and `trajectories`.
///
/// - Complexity: building takes O(*node sets* · *trajectories* · *nodes of a set*) time and memory for the occurrences.
///
/// Source: M. Biehl, *Formal approaches to a definition of agents*, thesis, University of Hertfordshire 2017, arXiv:1704.02716.
public struct EntitySet<Scalar: ProbabilityScalar>: Sendable {
  /// The model's variables; nodes of patterns are indices into them.
  public let nodes: [ModelNode]
  /// All trajectories of positive probability, in the order of their values.
  public let trajectories: [Trajectory<Scalar>]
  /// The entities, each once, fewest nodes first, then by nodes, then by values.
  public let entities: [Entity]
  /// For each entity the trajectories in which it occurs, rising.
  public let occurrences: [[Int]]

  /// A pattern of the set and what is known of it.
  public struct Entity: Sendable, Hashable {
    /// The values and the nodes they stand on.
    public let pattern: SpatiotemporalPattern
    /// p(x_A), the sum over the trajectories in which it occurs.
    public let probability: Scalar
    /// ι(x_A) in bits, nil when the pattern was given without it.
    public let integration: Double?
  }

  /// The most trajectories that a set is built on unless more are allowed.
  public static var mostTrajectories: Int { 1 << 16 }

  /// A set of any patterns of a model; patterns that stand twice count once.
  ///
  /// - Parameter limit: the most trajectories of positive probability that the model may have.
  /// - Throws: `EntityError.pattern` for a pattern without nodes or that does not fit the model, `EntityError.impossible` for one of
  ///   probability 0, `EntityError.tooLarge` beyond the limit.
  public init<Model: ProbabilityModel>(
    of model: Model, patterns: [SpatiotemporalPattern], limit: Int = mostTrajectories
  ) throws(EntityError) where Model.Scalar == Scalar {
    for pattern in patterns { try model.check(pattern) }
    try self.init(
      nodes: model.nodes, trajectories: try model.trajectories(limit: limit),
      patterns: patterns.map { (pattern: $0, integration: nil) })
  }

  /// A set of patterns whose complete local integration is known; patterns that stand twice count once.
  ///
  /// - Parameter limit: the most trajectories of positive probability that the model may have.
  /// - Throws: as `init(of:patterns:limit:)`.
  public init<Model: ProbabilityModel>(
    of model: Model, entities: [IotaEntity], limit: Int = mostTrajectories
  ) throws(EntityError) where Model.Scalar == Scalar {
    for entity in entities { try model.check(entity.pattern) }
    try self.init(
      nodes: model.nodes, trajectories: try model.trajectories(limit: limit),
      patterns: entities.map { (pattern: $0.pattern, integration: $0.integration) })
  }

  /// Puts patterns that fit the nodes in order and finds where they occur.
  init(
    nodes: [ModelNode], trajectories: [Trajectory<Scalar>],
    patterns: [(pattern: SpatiotemporalPattern, integration: Double?)]
  ) throws(EntityError) {
    var known: [SpatiotemporalPattern: Double?] = [:]
    for (pattern, integration) in patterns {
      guard pattern.count > 0 else {
        throw .pattern(expected: "entities of at least one node", got: "an empty pattern")
      }
      known.updateValue((known[pattern] ?? nil) ?? integration, forKey: pattern)
    }
    let sorted = known.keys.sorted()
    let found = PatternOccurrences.find(sorted, in: trajectories.map(\.values))
    var entities: [Entity] = []
    for (pattern, places) in zip(sorted, found) {
      guard !places.isEmpty else { throw .impossible(pattern: "the entity \(pattern)", advice: "leave it out") }
      let probability = places.reduce(into: Scalar.zero) { $0 += trajectories[$1].probability }
      entities.append(Entity(pattern: pattern, probability: probability, integration: known[pattern] ?? nil))
    }
    self.nodes = nodes
    self.trajectories = trajectories
    self.entities = entities
    occurrences = found
  }

  /// The entities of another set that are named by their places, rising.
  init(_ other: EntitySet, keeping places: [Int]) {
    nodes = other.nodes
    trajectories = other.trajectories
    entities = places.map { other.entities[$0] }
    occurrences = places.map { other.occurrences[$0] }
  }

  /// How many entities there are.
  public var count: Int { entities.count }

  /// The slices of time: the latest time of a node and one.
  public var timeSteps: Int { (nodes.map(\.time).max() ?? -1) + 1 }

  /// The place of a pattern among the entities, nil when it is not one.
  ///
  /// - Complexity: O(log *entities*) comparisons.
  public func index(of pattern: SpatiotemporalPattern) -> Int? {
    var (low, high) = (0, entities.count)
    while low < high {
      let middle = (low + high) / 2
      if entities[middle].pattern < pattern { low = middle + 1 } else { high = middle }
    }
    return low < entities.count && entities[low].pattern == pattern ? low : nil
  }

  /// A pattern in the model's words: "left@0=1 wind@0=east".
  public func words(for pattern: SpatiotemporalPattern) -> String {
    zip(pattern.nodes, pattern.values).map { "\(nodes[$0].name)=\(nodes[$0].stateName($1))" }.joined(separator: " ")
  }
}

extension EntitySet {
  /// The part of a pattern in one slice of time.
  func part(of pattern: SpatiotemporalPattern, at time: Int) -> SpatiotemporalPattern {
    part(of: pattern) { $0 == time }
  }

  /// The part of a pattern up to a slice of time, that slice included.
  func past(of pattern: SpatiotemporalPattern, upTo time: Int) -> SpatiotemporalPattern {
    part(of: pattern) { $0 <= time }
  }

  private func part(of pattern: SpatiotemporalPattern, when holds: (Int) -> Bool) -> SpatiotemporalPattern {
    let kept = pattern.nodes.indices.filter { holds(nodes[pattern.nodes[$0]].time) }
    return SpatiotemporalPattern(nodes: kept.map { pattern.nodes[$0] }, values: kept.map { pattern.values[$0] })
  }

  /// The nodes of a slice of time and what the trajectories have there.
  func slices(at time: Int) -> SliceTable {
    SliceTable(nodes: nodes.indices.filter { nodes[$0].time == time }, trajectories: trajectories.map(\.values))
  }
}
