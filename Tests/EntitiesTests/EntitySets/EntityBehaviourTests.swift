// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of actions, interpenetration and perceptions against their definitions.

import Entities
import SparseCore
import Testing

@Suite("Actions and perceptions")
struct EntityBehaviourTests {
  /// Holds a set against the slow truth; tells how many actions, perceptions and interpenetrations it saw.
  private func hold<Scalar: ProbabilityScalar>(
    _ set: EntitySet<Scalar>
  ) throws -> (actions: Int, kinds: Set<ActionKinds>, classes: [Int], undefined: Int) {
    let reference = EntitySetReference(set)
    let actions = set.actions()
    var seen: (actions: Int, kinds: Set<ActionKinds>, classes: [Int], undefined: Int) = (0, [], [], 0)
    let behaviour = set.behaviour()
    var steps = 0
    for x in set.entities.indices {
      for time in 0..<max(0, set.timeSteps - 1) {
        let goesOn = reference.slice(x, time).count > 0 && reference.slice(x, time + 1).count > 0
        let step = behaviour.steps.first { $0.entity == x && $0.time == time }
        #expect((step != nil) == goesOn)
        guard let step, goesOn else {
          #expect(throws: EntityError.self) { try set.perceptions(of: x, at: time) }
          #expect(!actions.contains { $0.occurrence.entity == x && $0.time == time })
          continue
        }
        steps += 1
        var (acting, kinds) = (0, ActionKinds())
        let own = actions.filter { $0.occurrence.entity == x && $0.time == time }
        for z in set.occurrences[x] {
          let wanted = reference.kinds(x, z, time)
          let found = own.filter { $0.occurrence.trajectory == z }
          #expect(found.count == (wanted.isEmpty ? 0 : 1))
          #expect((found.first?.kinds ?? []) == wanted)
          if z == set.occurrences[x][0] { #expect(try set.action(of: x, on: z, at: time) == found.first) }
          for (witness, isValue) in [(found.first?.otherValue, true), (found.first?.otherExtent, false)] {
            guard let witness else { continue }
            #expect(reference.isWitness(witness.entity, witness.trajectory, for: x, z, time))
            let nodes = [x, witness.entity].map { reference.slice($0, time + 1).nodes }
            #expect((nodes[0] == nodes[1]) == isValue)
          }
          acting += wanted.isEmpty ? 0 : 1
          kinds.formUnion(wanted)
          seen.kinds.insert(wanted)
        }
        #expect(step.acting == acting && step.kinds == kinds && step.occurrences == set.occurrences[x].count)
        seen.actions += acting
        #expect(try set.coPerceptionEntities(of: x, at: time) == reference.members(x, time))
        if reference.interpenetrates(x, time) {
          seen.undefined += 1
          let witness = try #require(try set.interpenetration(of: x, at: time))
          #expect(reference.interpenetrate(witness.first, witness.second, witness.trajectory, time))
          #expect(throws: EntityError.self) { try set.perceptions(of: x, at: time) }
          #expect(step.perceiving == .undefined(witness))
        } else {
          #expect(try set.interpenetration(of: x, at: time) == nil)
          let found = try set.perceptions(of: x, at: time)
          let morphs = reference.morphs(x, time)
          #expect(found.branches == morphs.branches)
          #expect(try set.branches(of: x, at: time) == morphs.branches)
          #expect(found.classes.map(\.environments) == reference.perceptions(x, time))
          for (environment, morph) in morphs.environments {
            let got = try #require(found.perception(of: environment)).branchMorph
            #expect(zip(got, morph).allSatisfy { abs($0.approximation - $1.approximation) < 1e-9 })
            #expect(Scalar.self != Rational.self || got == morph)
          }
          #expect(step.perceiving == .perceptions(found))
          seen.classes.append(found.classes.count)
        }
      }
    }
    #expect(steps == behaviour.steps.count)
    let violated = (0..<max(0, set.timeSteps - 1)).contains { time in
      set.entities.indices.contains { reference.slice($0, time).count > 0 && reference.interpenetrates($0, time) }
    }
    #expect((set.interpenetration() != nil) == violated)
    #expect(behaviour.interpenetration == set.interpenetration())
    if let witness = set.interpenetration() {
      #expect(reference.interpenetrate(witness.first, witness.second, witness.trajectory, witness.time))
    }
    return seen
  }

  @Test("random sets on random chains agree with the definitions, in fractions and in Double")
  func definitions() throws {
    var (kinds, classes, undefined, defined) = (Set<ActionKinds>(), Set<Int>(), 0, 0)
    for seed in UInt64(0)..<32 {
      let states = [[2, 2], [2, 3], [3, 2, 2], [3]][Int(seed % 4)]
      let steps = seed % 4 == 1 || seed % 4 == 2 ? 2 : 3
      let count = 12 + Int(seed % 7) * 4
      var random = Random(seed: seed)
      let exact: MultivariateMarkovChain<Rational> = try BehaviourExamples.chain(
        states: states, timeSteps: steps, &random)
      let patterns = try BehaviourExamples.patterns(of: exact, count: count, isComplete: seed % 3 != 0, &random)
      random = Random(seed: seed)
      let rounded: MultivariateMarkovChain<Double> = try BehaviourExamples.chain(
        states: states, timeSteps: steps, &random)
      let seen = try hold(EntitySet(of: exact, patterns: patterns))
      let again = try hold(EntitySet(of: rounded, patterns: patterns))
      #expect(seen == again)
      kinds.formUnion(seen.kinds)
      classes.formUnion(seen.classes)
      undefined += seen.undefined
      defined += seen.classes.count
    }
    #expect(kinds == [[], .value, .extent, [.value, .extent]])
    #expect(classes.isSuperset(of: [1, 2, 3]))
    #expect(undefined > 20 && defined > 20)
  }

  @Test("a particle in a wind acts by its extent and perceives the wind")
  func wind() throws {
    let chain = try BehaviourExamples.windyRing(gust: Rational(4, 5), timeSteps: 3)
    let set = try EntitySet(of: chain, patterns: try BehaviourExamples.paths(sites: 3, in: chain))
    #expect(set.count == 12)
    let seen = try hold(set)
    #expect(seen.kinds == [.extent])
    #expect(seen.undefined == 0)
    #expect(seen.classes == [Int](repeating: 2, count: 24))
    let still = try set.perceptions(of: 0, at: 0)
    #expect(still.branches.map { set.words(for: $0) } == ["left@1=1", "middle@1=1"])
    #expect(
      still.classes.map { $0.environments.map { set.words(for: $0) } } == [
        ["middle@0=0 right@0=0 wind@0=0"], ["middle@0=0 right@0=0 wind@0=1"],
      ])
    #expect(
      still.classes.map(\.branchMorph) == [[Rational(4, 5), Rational(1, 5)], [Rational(1, 5), Rational(4, 5)]])
  }

  @Test("a particle that obeys the wind perceives it and does not act")
  func strongWind() throws {
    let chain = try BehaviourExamples.windyRing(gust: 1.0, timeSteps: 3)
    let set = try EntitySet(of: chain, patterns: try BehaviourExamples.paths(sites: 3, in: chain))
    let seen = try hold(set)
    #expect(seen.actions == 0 && seen.undefined == 0)
    #expect(seen.classes == [Int](repeating: 2, count: 24))
  }

  @Test("a particle that the wind does not move more often than not perceives nothing")
  func noWind() throws {
    let chain = try BehaviourExamples.windyRing(gust: 0.5, timeSteps: 3)
    let seen = try hold(EntitySet(of: chain, patterns: try BehaviourExamples.paths(sites: 3, in: chain)))
    #expect(seen.classes == [Int](repeating: 1, count: 24))
    #expect(seen.kinds == [.extent])
  }

  @Test("two particles that exclude each other interpenetrate as patterns")
  func exclusion() throws {
    let chain = try BehaviourExamples.exclusion()
    let set = try EntitySet(of: chain, patterns: try BehaviourExamples.paths(sites: 4, in: chain))
    let witness = try #require(set.interpenetration())
    let reference = EntitySetReference(set)
    #expect(reference.interpenetrate(witness.first, witness.second, witness.trajectory, witness.time))
    #expect(set.trajectories[witness.trajectory].values == witness.values)
    #expect(witness.patterns == [witness.first, witness.second].map { set.entities[$0].pattern })
    #expect(
      throws: EntityError.undefined(
        what: "what the entity \(witness.patterns[0]) perceives at time \(witness.time)", reason: witness.description)
    ) { try set.perceptions(of: witness.first, at: witness.time) }
    #expect(try hold(set).undefined > 0)
  }

  @Test("two constant chains: no interpenetration, value actions, one perception")
  func equalChains() throws {
    let set = try EntitySet.iota(of: ExampleModels.equal(Rational.self))
    let seen = try hold(set)
    #expect(set.interpenetration() == nil && seen.undefined == 0)
    #expect(seen.kinds == [.value])
    #expect(!seen.classes.isEmpty && seen.classes.allSatisfy { $0 == 1 })
    let text = set.behaviour().description
    #expect(text.hasPrefix("16 entities, 32 occurrences in 4 possible trajectories\nno interpenetration"))
    #expect(text.contains("entity 0: a@0=0 a@1=0, p 1/2, ι 1.0 bits\n  time 0: acts in 2 of 2 occurrences (value)\n"))
    #expect(
      text.contains("    tells 2 environments apart as 1; branches: a@1=0\n    perception 1: b@0=0 | b@0=1 → 1\n"))
  }

  @Test("small interactions: ι-entities interpenetrate, so they have no perceptions until some are selected")
  func epsilonChains() throws {
    let chain = try ExampleModels.epsilon(0.01)
    let set = try EntitySet.iota(of: chain)
    let witness = try #require(set.interpenetration())
    #expect(
      throws: EntityError.undefined(
        what: "what the entity \(witness.patterns[0]) perceives at time \(witness.time)", reason: witness.description)
    ) { try set.perceptions(of: witness.first, at: witness.time) }
    #expect(set.behaviour().description.contains("perceptions not defined"))
    #expect(try hold(set).undefined > 0)
  }

  @Test(
    "small interactions: whether the blocks of one refinement-free partition a trajectory interpenetrate depends on the choice"
  )
  func selections() throws {
    let chain = try ExampleModels.epsilon(0.01)
    let set = try EntitySet.iota(of: chain)
    let lowest = try set.selecting { trajectory throws(EntityError) in
      try ChosenPartition.lowest(SpatiotemporalPattern(trajectory: trajectory.values), in: chain)
    }
    #expect(lowest.count == 64)
    #expect(lowest.interpenetration() != nil)
    #expect(try hold(lowest).undefined > 0)
    let along = try set.selecting { trajectory throws(EntityError) in
      try ChosenPartition.along(SpatiotemporalPattern(trajectory: trajectory.values), in: chain)
    }
    #expect(along.count == 16)
    #expect(along.interpenetration() == nil)
    let seen = try hold(along)
    #expect(seen.undefined == 0 && seen.kinds == [.value])
    #expect(seen.classes == [Int](repeating: 1, count: 16))
  }
}
