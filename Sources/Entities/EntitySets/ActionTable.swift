// SPDX-License-Identifier: Apache-2.0
// Espalier: all occurrences at one time, by what surrounds them.

/// The occurrences of a set's entities at one time, grouped by the nodes they hold and the values around them.
///
/// In each group it is enough to remember two occurrences with different next nodes, and for each set of next nodes two with different
/// values: one of the two differs from any other.
struct ActionTable<Scalar: ProbabilityScalar> {
  /// An entity's part in the question: where its groups are listed, and what its next slice is.
  private struct Step {
    let nodes: Int
    let extent: Int
    let slice: Int
  }

  /// The first occurrence, and the first that differs from it.
  private struct Rivals {
    let first: (key: Int, occurrence: EntityOccurrence)
    var second: EntityOccurrence?

    mutating func add(_ key: Int, _ occurrence: EntityOccurrence) {
      if second == nil, key != first.key { second = occurrence }
    }

    func other(than key: Int) -> EntityOccurrence? { key == first.key ? second : first.occurrence }
  }

  private let time: Int
  private let slices: SliceTable
  /// For each entity, nil when it has no nodes at this time or none at the next.
  private let steps: [Step?]
  /// For each set of nodes and each slice the group.
  private let groups: [[Int]]
  private let extentCount: Int
  private var extents: [Rivals?]
  private var values: [Int: Rivals] = [:]

  /// Enters all occurrences.
  ///
  /// - Complexity: O(*occurrences*) dictionary operations, and O(*slices* · *nodes*) for each set of nodes that an entity holds.
  init(_ set: EntitySet<Scalar>, at time: Int) {
    self.time = time
    slices = set.slices(at: time)
    var numberOfNodes: [[Int]: Int] = [:]
    var numberOfExtent: [[Int]: Int] = [:]
    var numberOfSlice: [SpatiotemporalPattern: Int] = [:]
    var steps: [Step?] = []
    var groups: [[Int]] = []
    var groupCount = 0
    for entity in set.entities {
      let (now, next) = (set.part(of: entity.pattern, at: time), set.part(of: entity.pattern, at: time + 1))
      guard now.count > 0, next.count > 0 else {
        steps.append(nil)
        continue
      }
      if numberOfNodes[now.nodes] == nil {
        numberOfNodes[now.nodes] = groups.count
        let around = slices.environments(around: now.nodes)
        groups.append(around.ofSlice.map { groupCount + $0 })
        groupCount += around.patterns.count
      }
      steps.append(
        Step(
          nodes: numberOfNodes[now.nodes] ?? 0, extent: Self.number(next.nodes, &numberOfExtent),
          slice: Self.number(next, &numberOfSlice)))
    }
    self.steps = steps
    self.groups = groups
    extentCount = numberOfExtent.count
    extents = [Rivals?](repeating: nil, count: groupCount)
    for entity in set.entities.indices {
      guard let step = steps[entity] else { continue }
      for trajectory in set.occurrences[entity] {
        add(EntityOccurrence(entity: entity, trajectory: trajectory), step)
      }
    }
  }

  private static func number<Key: Hashable>(_ key: Key, _ known: inout [Key: Int]) -> Int {
    if let number = known[key] { return number }
    known[key] = known.count
    return known.count - 1
  }

  private func group(_ step: Step, _ trajectory: Int) -> Int { groups[step.nodes][slices.numbers[trajectory]] }

  private mutating func add(_ occurrence: EntityOccurrence, _ step: Step) {
    let group = group(step, occurrence.trajectory)
    if extents[group] == nil { extents[group] = Rivals(first: (step.extent, occurrence)) }
    extents[group]?.add(step.extent, occurrence)
    values[group * extentCount + step.extent, default: Rivals(first: (step.slice, occurrence))]
      .add(step.slice, occurrence)
  }

  /// What an occurrence does at this time, nil when that is no action.
  func action(of occurrence: EntityOccurrence) -> EntityAction? {
    guard let step = steps[occurrence.entity] else { return nil }
    let group = group(step, occurrence.trajectory)
    let otherValue = values[group * extentCount + step.extent]?.other(than: step.slice)
    let otherExtent = extents[group]?.other(than: step.extent)
    guard otherValue != nil || otherExtent != nil else { return nil }
    return EntityAction(occurrence: occurrence, time: time, otherValue: otherValue, otherExtent: otherExtent)
  }
}
