// SPDX-License-Identifier: Apache-2.0
// Espalier: actions, interpenetration and perceptions straight from their definitions.

import Entities

/// The slow truth: every pair of occurrences is compared, every environment and branch is summed over all trajectories.
///
/// It takes the patterns and the trajectories alone, and finds occurrences by itself.
struct EntitySetReference<Scalar: ProbabilityScalar> {
  let nodes: [ModelNode]
  let trajectories: [Trajectory<Scalar>]
  let patterns: [SpatiotemporalPattern]
  /// For each entity and trajectory whether the one occurs in the other.
  private let occurrences: [[Bool]]
  /// For each entity its parts in each slice of time, and up to each.
  private let slices: [[SpatiotemporalPattern]]
  private let pasts: [[SpatiotemporalPattern]]

  init(_ set: EntitySet<Scalar>) {
    let nodes = set.nodes
    let patterns = set.entities.map(\.pattern)
    self.nodes = nodes
    self.patterns = patterns
    trajectories = set.trajectories
    occurrences = patterns.map { pattern in set.trajectories.map { Self.holds(pattern, $0.values) } }
    let times = 0..<set.timeSteps
    slices = patterns.map { pattern in
      times.map { time in pattern.part(on: pattern.nodes.filter { nodes[$0].time == time }) }
    }
    pasts = patterns.map { pattern in
      times.map { time in pattern.part(on: pattern.nodes.filter { nodes[$0].time <= time }) }
    }
  }

  func occurs(_ entity: Int, _ trajectory: Int) -> Bool { occurrences[entity][trajectory] }

  private static func holds(_ pattern: SpatiotemporalPattern, _ trajectory: [Int]) -> Bool {
    for place in 0..<pattern.count where trajectory[pattern.nodes[place]] != pattern.values[place] { return false }
    return true
  }

  func slice(_ entity: Int, _ time: Int) -> SpatiotemporalPattern { slices[entity][time] }

  private func past(_ entity: Int, _ time: Int) -> SpatiotemporalPattern { pasts[entity][time] }

  private func goesOn(_ entity: Int, _ time: Int) -> Bool {
    slice(entity, time).count > 0 && slice(entity, time + 1).count > 0
  }

  /// Whether one occurrence shows another that it acts at a time.
  func isWitness(_ y: Int, _ w: Int, for x: Int, _ z: Int, _ time: Int) -> Bool {
    guard occurs(x, z), occurs(y, w), goesOn(x, time), goesOn(y, time) else { return false }
    guard slice(x, time).nodes == slice(y, time).nodes, slice(x, time + 1) != slice(y, time + 1) else { return false }
    let own = Set(slice(x, time).nodes)
    for node in nodes.indices where nodes[node].time == time && !own.contains(node) {
      if trajectories[z].values[node] != trajectories[w].values[node] { return false }
    }
    return true
  }

  /// The kinds of action of an occurrence.
  func kinds(_ x: Int, _ z: Int, _ time: Int) -> ActionKinds {
    var kinds: ActionKinds = []
    for y in patterns.indices {
      for w in trajectories.indices where isWitness(y, w, for: x, z, time) {
        kinds.insert(slice(x, time + 1).nodes == slice(y, time + 1).nodes ? .value : .extent)
      }
    }
    return kinds
  }

  func interpenetrate(_ x: Int, _ y: Int, _ z: Int, _ time: Int) -> Bool {
    occurs(x, z) && occurs(y, z) && goesOn(x, time) && goesOn(y, time) && past(x, time) == past(y, time)
      && slice(x, time + 1) != slice(y, time + 1)
  }

  /// Whether two entities with the past of the given one interpenetrate at a time.
  func interpenetrates(_ entity: Int, _ time: Int) -> Bool {
    let members = members(entity, time)
    return members.contains { x in
      members.contains { y in trajectories.indices.contains { interpenetrate(x, y, $0, time) } }
    }
  }

  func members(_ entity: Int, _ time: Int) -> [Int] {
    patterns.indices.filter { past($0, time) == past(entity, time) && goesOn($0, time) }
  }

  /// p of two patterns and values around, as a sum over all trajectories.
  private func weight(
    _ past: SpatiotemporalPattern, _ environment: SpatiotemporalPattern, _ branch: SpatiotemporalPattern
  ) -> Scalar {
    trajectories.reduce(into: Scalar.zero) { sum, z in
      if [past, environment, branch].allSatisfy({ Self.holds($0, z.values) }) { sum += z.probability }
    }
  }

  /// Every environment that is possible with the past and a branch, and its branch-morph.
  func morphs(_ entity: Int, _ time: Int) -> (
    branches: [SpatiotemporalPattern], environments: [(SpatiotemporalPattern, [Scalar])]
  ) {
    let own = Set(slice(entity, time).nodes)
    let around = nodes.indices.filter { nodes[$0].time == time && !own.contains($0) }
    let branches = Set(members(entity, time).map { slice($0, time + 1) }).sorted()
    var environments: [(SpatiotemporalPattern, [Scalar])] = []
    let choices = around.reduce(1) { $0 * nodes[$1].stateCount }
    for choice in 0..<choices {
      var (rest, values) = (choice, [Int]())
      for node in around.reversed() {
        values.insert(rest % nodes[node].stateCount, at: 0)
        rest /= nodes[node].stateCount
      }
      let environment = SpatiotemporalPattern(nodes: around, values: values)
      let weights = branches.map { weight(past(entity, time), environment, $0) }
      let sum = weights.reduce(.zero, +)
      if sum > .zero { environments.append((environment, weights.map { $0 / sum })) }
    }
    return (branches, environments)
  }

  /// The classes of environments whose branch-morphs are equal (to 1e-9 when rounded; the examples have none that are nearly so).
  func perceptions(_ entity: Int, _ time: Int) -> [[SpatiotemporalPattern]] {
    var classes: [(morph: [Scalar], environments: [SpatiotemporalPattern])] = []
    for (environment, morph) in morphs(entity, time).environments {
      if let place = classes.firstIndex(where: { Self.isEqual($0.morph, morph) }) {
        classes[place].environments.append(environment)
      } else {
        classes.append((morph, [environment]))
      }
    }
    return classes.map(\.environments)
  }

  private static func isEqual(_ left: [Scalar], _ right: [Scalar]) -> Bool {
    if Scalar.self == Rational.self { return left == right }
    return zip(left, right).allSatisfy { abs($0.approximation - $1.approximation) <= 1e-9 }
  }
}
