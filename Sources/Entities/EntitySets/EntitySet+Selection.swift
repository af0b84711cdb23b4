// SPDX-License-Identifier: Apache-2.0
// Espalier: smaller entity-sets out of large ones.

extension EntitySet {
  /// The entities that a rule takes in at least one trajectory.
  ///
  /// ι-entities generally interpenetrate, and entities that do have no perceptions; a selection thins them out. An entity that
  /// was kept for the sake of one trajectory still occurs in every trajectory that has its values.
  ///
  /// - Throws: `EntityError.undefined` when the rule asks for an integration that an entity was given without.
  /// - Complexity: O(*occurrences*), for `top` with a sort of each trajectory's entities, for `maximal` times the maximal ones of a
  ///   trajectory.
  public func selecting(_ selection: EntitySelection) throws(EntityError) -> EntitySet {
    switch selection {
    case .maximal: return keeping(inEach: maximal)
    case .top(let count):
      let ranks = try integrationRanks()
      return keeping { here in
        here.sorted { ranks[$0] != ranks[$1] ? ranks[$0] > ranks[$1] : $0 < $1 }.prefix(max(0, count))
      }
    case .above(let bits):
      let integrations = try integrations()
      return EntitySet(self, keeping: entities.indices.filter { integrations[$0] > bits })
    case .atLeast(let nodes):
      return EntitySet(self, keeping: entities.indices.filter { entities[$0].pattern.count >= nodes })
    case .atMost(let nodes):
      return EntitySet(self, keeping: entities.indices.filter { entities[$0].pattern.count <= nodes })
    case .spanning:
      let all = timeSteps
      return EntitySet(
        self, keeping: entities.indices.filter { Set(entities[$0].pattern.nodes.map { nodes[$0].time }).count == all })
    }
  }

  /// The blocks of one partition a trajectory, such as a refinement-free one: those that are entities of the set.
  ///
  /// - Parameter partition: the partition of all nodes that is chosen for a trajectory, nil to take nothing from it.
  /// - Throws: `EntityError.pattern` when a partition is not one of all nodes or has a block of two nodes or more that is no entity
  ///   of the set (a refinement-free partition has no such block), and what the closure throws.
  /// - Complexity: O(*trajectories* · *nodes* · log *entities*) besides the closure.
  public func selecting(
    blocks partition: (Trajectory<Scalar>) throws(EntityError) -> NodePartition?
  ) throws(EntityError) -> EntitySet {
    var kept = Set<Int>()
    for trajectory in trajectories {
      guard let chosen = try partition(trajectory) else { continue }
      guard chosen.nodes == Array(nodes.indices) else {
        throw .pattern(expected: "a partition of nodes 0 to \(nodes.count - 1)", got: "\(chosen)")
      }
      for block in chosen.blocks {
        let pattern = SpatiotemporalPattern(nodes: block, values: block.map { trajectory.values[$0] })
        if let place = index(of: pattern) {
          kept.insert(place)
        } else if block.count > 1 {
          throw .pattern(expected: "blocks that are single nodes or entities of the set", got: "\(pattern)")
        }
      }
    }
    return EntitySet(self, keeping: kept.sorted())
  }

  /// The union over the trajectories of what a rule takes of the entities there.
  private func keeping<Kept: Sequence<Int>>(inEach rule: ([Int]) -> Kept) -> EntitySet {
    var here = [[Int]](repeating: [], count: trajectories.count)
    for entity in entities.indices { for trajectory in occurrences[entity] { here[trajectory].append(entity) } }
    var kept = Set<Int>()
    for list in here { kept.formUnion(rule(list)) }
    return EntitySet(self, keeping: kept.sorted())
  }

  /// Of entities that occur in one trajectory, given by rising size, those that no other contains.
  private func maximal(_ here: [Int]) -> [Int] {
    var found: [(place: Int, nodes: Set<Int>)] = []
    for place in here.reversed() {
      let own = entities[place].pattern.nodes
      if found.allSatisfy({ larger in own.contains { !larger.nodes.contains($0) } }) {
        found.append((place, Set(own)))
      }
    }
    return found.map(\.place)
  }

  private func integrations() throws(EntityError) -> [Double] {
    var list: [Double] = []
    for entity in entities {
      guard let integration = entity.integration else {
        throw .undefined(
          what: "a selection by complete local integration",
          reason: "the entity \(entity.pattern) was given without one")
      }
      list.append(integration)
    }
    return list
  }

  /// Numbers that rise with the integrations and are equal when these are, up to rounding.
  private func integrationRanks() throws(EntityError) -> [Int] {
    NearlyEqual.ranks(try integrations(), within: LocalIntegration.tolerance)
  }
}
