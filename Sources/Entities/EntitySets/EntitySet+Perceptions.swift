// SPDX-License-Identifier: Apache-2.0
// Espalier: which environments make a difference to an entity.

extension EntitySet {
  /// What an entity perceives at a time.
  ///
  /// For each value *e* of the rest of slice *t* for which p(past, *e*, some branch) is positive the branch-morph is
  /// p(*b* | *e*) = p(past, *e*, *b*) / Σ p(past, *e*, *b*′) over all branches *b*′; environments with the same branch-morph are one
  /// perception. Probabilities must be equal exactly in `Rational`; in `Double` lists count as equal when in every place no gap between
  /// the numbers that occur, put in order, is above 1e-9, which does not depend on the order of the environments.
  ///
  /// - Parameter tolerance: probabilities up to so much apart count as equal, for models fitted to samples; nil for the rule above.
  /// - Throws: `EntityError.undefined` when the entity has no nodes at that time or none at the next, or when two of its co-perception
  ///   entities interpenetrate: with which two, when and in which trajectory.
  /// - Complexity: O(*trajectories* · *nodes*), O(*next slices* · *branches*) and a sort of the environments for each branch.
  public func perceptions(
    of entity: Int, at time: Int, within tolerance: Double? = nil
  ) throws(EntityError) -> Perceptions<Scalar> {
    let shared = try sharedPast(of: entity, at: time)
    if let found = interpenetration(in: shared) {
      throw .undefined(
        what: "what the entity \(entities[entity].pattern) perceives at time \(time)", reason: found.description)
    }
    let found = PatternOccurrences.find([shared.past], in: trajectories.map(\.values))
    var scene = PerceptionScene(self, at: time)
    return perceptions(of: entity, shared, scene: &scene, on: found[0], within: tolerance)
  }

  /// The perceptions of entities with a common past that do not interpenetrate; `places` are the trajectories that contain the past.
  func perceptions(
    of entity: Int, _ shared: SharedPast, scene: inout PerceptionScene, on places: [Int], within tolerance: Double?
  ) -> Perceptions<Scalar> {
    let now = part(of: shared.past, at: shared.time).nodes
    let (patterns, ofSlice) = scene.environments(around: now)
    var branchesOfSlice: [Int: [Int]] = [:]
    var weights = [[Scalar]?](repeating: nil, count: patterns.count)
    for place in places {
      let next = scene.next.numbers[place]
      let here =
        branchesOfSlice[next] ?? shared.branches.indices.filter { scene.next.contains(shared.branches[$0], in: next) }
      branchesOfSlice[next] = here
      guard !here.isEmpty else { continue }
      let environment = ofSlice[scene.now.numbers[place]]
      var row = weights[environment] ?? [Scalar](repeating: .zero, count: shared.branches.count)
      weights[environment] = nil
      for branch in here { row[branch] += trajectories[place].probability }
      weights[environment] = row
    }
    var environments: [SpatiotemporalPattern] = []
    var morphs: [[Scalar]] = []
    for (pattern, row) in zip(patterns, weights) {
      guard let row else { continue }
      let sum = row.reduce(.zero, +)
      environments.append(pattern)
      morphs.append(row.map { $0 / sum })
    }
    return Perceptions(
      entity: entity, time: shared.time, coPerceptionEntities: shared.members, branches: shared.branches,
      classes: NearlyEqual.groups(morphs, within: tolerance).map { group in
        Perception(environments: group.map { environments[$0] }, branchMorph: morphs[group[0]])
      })
  }
}

/// Two slices of time in all trajectories, and the environments of those node sets that were asked for.
struct PerceptionScene {
  /// The slice whose environment is perceived.
  let now: SliceTable
  /// The slice of the branches.
  let next: SliceTable
  private var known: [[Int]: (patterns: [SpatiotemporalPattern], ofSlice: [Int])] = [:]

  init<Scalar: ProbabilityScalar>(_ set: EntitySet<Scalar>, at time: Int) {
    now = set.slices(at: time)
    next = set.slices(at: time + 1)
  }

  /// What surrounds some nodes, found once.
  mutating func environments(around nodes: [Int]) -> (patterns: [SpatiotemporalPattern], ofSlice: [Int]) {
    if let found = known[nodes] { return found }
    let found = now.environments(around: nodes)
    known[nodes] = found
    return found
  }
}
