// SPDX-License-Identifier: Apache-2.0
// Espalier: entities that are one and the same up to a time.

/// The entities of a set with one past up to a time, with nodes at that time and at the next.
struct SharedPast {
  let time: Int
  /// The common part up to the time.
  let past: SpatiotemporalPattern
  /// The places of the entities, rising.
  let members: [Int]
  /// The different next slices, in order.
  let branches: [SpatiotemporalPattern]
  /// For each member the place of its next slice in `branches`.
  let branchOf: [Int]

  init(time: Int, past: SpatiotemporalPattern, members: [(place: Int, next: SpatiotemporalPattern)]) {
    self.time = time
    self.past = past
    self.members = members.map(\.place)
    let branches = Set(members.map(\.next)).sorted()
    var place: [SpatiotemporalPattern: Int] = [:]
    for (index, branch) in branches.enumerated() { place[branch] = index }
    self.branches = branches
    branchOf = members.map { place[$0.next] ?? 0 }
  }
}

extension EntitySet {
  /// All pasts at a time, in the order of their first members.
  func sharedPasts(at time: Int) -> [SharedPast] {
    var groupOf: [SpatiotemporalPattern: Int] = [:]
    var groups: [(past: SpatiotemporalPattern, members: [(place: Int, next: SpatiotemporalPattern)])] = []
    for (place, entity) in entities.enumerated() {
      let next = part(of: entity.pattern, at: time + 1)
      guard next.count > 0, part(of: entity.pattern, at: time).count > 0 else { continue }
      let past = past(of: entity.pattern, upTo: time)
      if let group = groupOf[past] {
        groups[group].members.append((place, next))
      } else {
        groupOf[past] = groups.count
        groups.append((past, [(place, next)]))
      }
    }
    return groups.map { SharedPast(time: time, past: $0.past, members: $0.members) }
  }

  /// The past of one entity at a time at which it has nodes, now and next.
  func sharedPast(of entity: Int, at time: Int) throws(EntityError) -> SharedPast {
    try checkStep(of: entity, at: time, what: "co-perception")
    let past = past(of: entities[entity].pattern, upTo: time)
    var members: [(place: Int, next: SpatiotemporalPattern)] = []
    for (place, other) in entities.enumerated() {
      let next = part(of: other.pattern, at: time + 1)
      if next.count > 0, self.past(of: other.pattern, upTo: time) == past { members.append((place, next)) }
    }
    return SharedPast(time: time, past: past, members: members)
  }

  /// The first two members with different next slices that occur in one trajectory.
  func interpenetration(in shared: SharedPast) -> Interpenetration? {
    guard shared.branches.count > 1 else { return nil }
    var holder: [Int: Int] = [:]
    for (position, member) in shared.members.enumerated() {
      for trajectory in occurrences[member] {
        guard let earlier = holder[trajectory] else {
          holder[trajectory] = position
          continue
        }
        if shared.branchOf[earlier] != shared.branchOf[position] {
          let first = shared.members[earlier]
          return Interpenetration(
            first: first, second: member, trajectory: trajectory, time: shared.time,
            patterns: [entities[first].pattern, entities[member].pattern], values: trajectories[trajectory].values)
        }
      }
    }
    return nil
  }
}
