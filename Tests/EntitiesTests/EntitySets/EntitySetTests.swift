// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of entity-sets and of selections of them.

import Entities
import SparseCore
import Testing

@Suite("Entity-sets")
struct EntitySetTests {
  @Test("two constant chains: sixteen ι-entities, each in the two trajectories that have its row")
  func equalChains() throws {
    let set = try EntitySet.iota(of: ExampleModels.equal(Double.self))
    #expect(set.count == 16)
    #expect(set.trajectories.count == 4)
    for (entity, places) in zip(set.entities, set.occurrences) {
      #expect(places.count == 2)
      #expect(places.allSatisfy { entity.pattern.occurs(in: set.trajectories[$0].values) })
      #expect(abs(entity.probability - 0.5) < 1e-12)
      #expect(abs((entity.integration ?? 0) - 1) < 1e-9)
      #expect(set.index(of: entity.pattern).map { set.entities[$0] } == entity)
    }
    #expect(set.index(of: ExampleModels.pattern([0, 0, 0, 0, 0, 0])) == nil)
  }

  @Test("small interactions: 72 different ι-entities on 64 trajectories, the same in fractions")
  func epsilonChains() throws {
    let set = try EntitySet.iota(of: ExampleModels.epsilon(0.01))
    #expect(set.count == 72)
    #expect(set.trajectories.count == 64)
    let exact = try EntitySet.iota(of: ExampleModels.epsilon(Rational(1, 100)))
    #expect(exact.entities.map(\.pattern) == set.entities.map(\.pattern))
    #expect(exact.occurrences == set.occurrences)
    let shared = try EntitySet.iota(of: ExampleModels.epsilon(0.01), workers: Workers(threads: 3))
    #expect(shared.entities == set.entities && shared.occurrences == set.occurrences)
    let constant = try EntitySet.iota(of: ExampleModels.epsilon(0.01), along: [[0, 0, 0, 0, 0, 0]])
    #expect(constant.count == 22)
    #expect(constant.entities.allSatisfy { set.index(of: $0.pattern) != nil })
  }

  @Test("entities of any model are found where they occur, with the model's probability", arguments: UInt64(0)..<20)
  func occurrences(seed: UInt64) throws {
    var random = Random(seed: seed)
    let chain: MultivariateMarkovChain<Rational> = try BehaviourExamples.chain(
      states: [2, 3], timeSteps: 3, &random)
    let patterns = try BehaviourExamples.patterns(of: chain, count: 30, isComplete: false, &random)
    let set = try EntitySet(of: chain, patterns: patterns + patterns.reversed())
    #expect(set.entities.map(\.pattern) == Set(patterns).sorted())
    let reference = EntitySetReference(set)
    for entity in set.entities.indices {
      #expect(set.occurrences[entity] == set.trajectories.indices.filter { reference.occurs(entity, $0) })
      #expect(set.entities[entity].probability == (try chain.probability(of: set.entities[entity].pattern)))
    }
  }

  @Test("an own judge's entities make a set; their integration is kept")
  func judge() throws {
    let set = try EntitySet.iota(of: ExampleModels.equal(Rational.self)) { pattern in
      [IotaEntity(pattern: pattern, probability: 0.25, integration: 7)]
    }
    #expect(set.count == 4)
    #expect(set.entities.allSatisfy { $0.integration == 7 && $0.probability == Rational(1, 4) })
  }

  @Test("patterns that are impossible, empty or not the model's are refused")
  func refusals() throws {
    let chain = try ExampleModels.equal(Double.self)
    #expect(throws: EntityError.impossible(pattern: "the entity 0=0 2=1", advice: "leave it out")) {
      try EntitySet(of: chain, patterns: [SpatiotemporalPattern(nodes: [0, 2], values: [0, 1])])
    }
    #expect(throws: EntityError.pattern(expected: "entities of at least one node", got: "an empty pattern")) {
      try EntitySet(of: chain, patterns: [SpatiotemporalPattern(nodes: [], values: [])])
    }
    #expect(throws: EntityError.pattern(expected: "nodes 0 to 5", got: "node 6")) {
      try EntitySet(of: chain, patterns: [SpatiotemporalPattern(nodes: [6], values: [0])])
    }
    #expect(throws: EntityError.self) { try EntitySet.iota(of: chain, limit: 3) }
    #expect(throws: EntityError.self) { try EntitySet.iota(of: chain, along: [[0, 0, 1, 0, 0, 0]]) }
  }

  @Test("a set without patterns has no actions and no interpenetration")
  func empty() throws {
    let set = try EntitySet(of: ExampleModels.equal(Double.self), patterns: [])
    #expect(set.count == 0)
    #expect(set.actions().isEmpty)
    #expect(set.interpenetration() == nil)
    #expect(set.behaviour().steps.isEmpty)
  }

  @Test("selections agree with their definitions, trajectory by trajectory")
  func selections() throws {
    let set = try EntitySet.iota(of: ExampleModels.epsilon(0.01))
    let here = set.trajectories.indices.map { z in set.entities.indices.filter { set.occurrences[$0].contains(z) } }
    func patterns(_ places: Set<Int>) -> [SpatiotemporalPattern] { places.sorted().map { set.entities[$0].pattern } }
    var (maximal, top) = (Set<Int>(), Set<Int>())
    for list in here {
      for x in list {
        let own = Set(set.entities[x].pattern.nodes)
        if !list.contains(where: { Set(set.entities[$0].pattern.nodes).isStrictSuperset(of: own) }) {
          maximal.insert(x)
        }
        let better = list.filter {
          let gap = (set.entities[$0].integration ?? 0) - (set.entities[x].integration ?? 0)
          return gap > 1e-9 || abs(gap) <= 1e-9 && $0 < x
        }
        if better.count < 3 { top.insert(x) }
      }
    }
    #expect(maximal.count < set.count && top.count < set.count)
    #expect(try set.selecting(.maximal).entities.map(\.pattern) == patterns(maximal))
    #expect(try set.selecting(.top(3)).entities.map(\.pattern) == patterns(top))
    #expect(try set.selecting(.top(0)).count == 0)
    let strong = try set.selecting(.above(0.9))
    #expect(strong.count == 16)
    #expect(strong.entities == set.entities.filter { ($0.integration ?? 0) > 0.9 })
    #expect(try set.selecting(.atLeast(nodes: 3)).entities == set.entities.filter { $0.pattern.count >= 3 })
    #expect(try set.selecting(.atMost(nodes: 3)).entities == set.entities.filter { $0.pattern.count <= 3 })
    let spanning = try set.selecting(.spanning)
    #expect(spanning.entities == set.entities.filter { Set($0.pattern.nodes.map { $0 / 2 }) == [0, 1, 2] })
    #expect(spanning.count > 0 && spanning.count < set.count)
    for (entity, places) in zip(spanning.entities, spanning.occurrences) {
      #expect(set.index(of: entity.pattern).map { set.occurrences[$0] } == places)
    }
  }

  @Test("blocks of a partition are taken, single nodes left out, and blocks that are no entities refused")
  func blocks() throws {
    let set = try EntitySet.iota(of: ExampleModels.equal(Double.self))
    let rows = try NodePartition([[0, 2, 4], [1, 3, 5]])
    let selected = try set.selecting { _ in rows }
    #expect(selected.entities.map(\.pattern.nodes) == [[0, 2, 4], [0, 2, 4], [1, 3, 5], [1, 3, 5]])
    let first = try set.selecting { $0.values == [0, 0, 0, 0, 0, 0] ? rows : nil }
    #expect(first.count == 2)
    let single = try NodePartition([[0], [1], [2], [3], [4], [5]])
    #expect(try set.selecting { _ in single }.count == 0)
    let crossed = try NodePartition([[0, 1, 2, 3, 4, 5]])
    #expect(throws: EntityError.self) { try set.selecting { _ in crossed } }
    let part = try NodePartition([[0, 2, 4]])
    #expect(throws: EntityError.pattern(expected: "a partition of nodes 0 to 5", got: "0,2,4")) {
      try set.selecting { _ in part }
    }
  }

  @Test("of integrations that rounding alone sets apart the first entity is taken")
  func ties() throws {
    let chain = try ExampleModels.equal(Double.self)
    func top(_ second: Double) throws -> [[Int]] {
      let entities = [([0, 2], 0.5), ([0, 4], second)].map {
        IotaEntity(
          pattern: SpatiotemporalPattern(nodes: $0.0, values: [0, 0]), probability: 0.5, integration: $0.1)
      }
      return try EntitySet(of: chain, entities: entities).selecting(.top(1)).entities.map(\.pattern.nodes)
    }
    #expect(try top(0.5 + 1e-13) == [[0, 2]])
    #expect(try top(0.5 + 1e-6) == [[0, 4]])
  }

  @Test("a selection by integration needs integrations")
  func missingIntegration() throws {
    let set = try EntitySet(
      of: ExampleModels.equal(Double.self), patterns: [SpatiotemporalPattern(nodes: [0, 2], values: [0, 0])])
    #expect(throws: EntityError.self) { try set.selecting(.top(1)) }
    #expect(throws: EntityError.self) { try set.selecting(.above(0)) }
    #expect(try set.selecting(.maximal).count == 1)
  }
}
