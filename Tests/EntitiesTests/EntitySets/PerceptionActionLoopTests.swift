// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of the perception-action loop against its entity-set.

import Entities
import SparseCore
import Testing

@Suite("The perception-action loop")
struct PerceptionActionLoopTests {
  /// A random loop; its rows are drawn from few, so that environments often have the same effect.
  private static func loop<Scalar: ProbabilityScalar>(
    _ seed: UInt64, memory: Int, environment: Int, isDriven: Bool = false, most: Int = 2
  ) throws -> PerceptionActionLoop<Scalar> {
    var random = Random(seed: seed)
    let kinds = try (0..<3).map { _ -> [Scalar] in
      try BehaviourExamples.row(BehaviourExamples.weights(memory, most: most, &random))
    }
    var (inner, outer): ([Scalar], [Scalar]) = ([], [])
    let answers = (0..<environment).map { _ in random.below(memory) }
    for _ in 0..<memory {
      for e in 0..<environment {
        inner += isDriven ? (0..<memory).map { $0 == answers[e] ? .one : .zero } : kinds[random.below(3)]
        outer += try BehaviourExamples.row(BehaviourExamples.weights(environment, most: most, &random))
      }
    }
    return try PerceptionActionLoop(
      memoryStates: memory, environmentStates: environment,
      initial: try BehaviourExamples.row(BehaviourExamples.weights(memory * environment, most: most, &random)),
      memory: inner, environment: outer, timeSteps: 3)
  }

  /// H(M_t+1 | E_t = e) by counting trajectories, nil when e is impossible then.
  private static func entropy<Scalar: ProbabilityScalar>(
    _ trajectories: [Trajectory<Scalar>], _ time: Int, _ e: Int, _ memory: Int
  ) -> (weight: Double, bits: Double)? {
    var weights = [Double](repeating: 0, count: memory)
    for trajectory in trajectories where trajectory.values[2 * time + 1] == e {
      weights[trajectory.values[2 * time + 2]] += trajectory.probability.approximation
    }
    let sum = weights.reduce(0, +)
    guard sum > 0 else { return nil }
    return (sum, weights.reduce(0) { $1 > 0 ? $0 - $1 / sum * Double($1 / sum).logarithm : $0 })
  }

  private func hold<Scalar: ProbabilityScalar>(_ loop: PerceptionActionLoop<Scalar>) throws -> (
    actions: Int, classes: [Int]
  ) {
    let set = try loop.entities()
    let trajectories = try loop.chain.trajectories(limit: 1000)
    #expect(set.entities.allSatisfy { $0.pattern.nodes == [0, 2, 4] })
    #expect(set.occurrences.reduce(0) { $0 + $1.count } == trajectories.count)
    #expect(set.interpenetration() == nil)
    for time in 0..<2 {
      var mean = 0.0
      for e in 0..<loop.environmentStates {
        let wanted = Self.entropy(trajectories, time, e, loop.memoryStates)
        let got = loop.heteronomy(at: time, environment: e)
        #expect((got == nil) == (wanted == nil))
        if let got, let wanted {
          #expect(abs(got - wanted.bits) < 1e-9)
          mean += wanted.weight * wanted.bits
        }
      }
      #expect(abs(loop.heteronomy(at: time) - mean) < 1e-9)
      #expect(loop.isHeteronomous(at: time) == (mean < 1e-9))
    }
    let actions = set.actions()
    for action in actions {
      let e = set.trajectories[action.occurrence.trajectory].values[2 * action.time + 1]
      #expect(try #require(loop.heteronomy(at: action.time, environment: e)) > 1e-9)
      #expect(!loop.isHeteronomous(at: action.time))
      #expect(action.kinds == .value)
    }
    for time in 0..<2 where loop.isHeteronomous(at: time) { #expect(!actions.contains { $0.time == time }) }
    var classes: [Int] = []
    for (place, entity) in set.entities.enumerated() {
      for time in 0..<2 {
        let found = try set.perceptions(of: place, at: time)
        let past = entity.pattern.part(on: [0, 2].filter { $0 <= 2 * time })
        let m = entity.pattern.values[time]
        let possible = Set(trajectories.filter { past.occurs(in: $0.values) }.map { $0.values[2 * time + 1] })
        var wanted: [[Scalar]: [Int]] = [:]
        for e in possible.sorted() {
          let start = (m * loop.environmentStates + e) * loop.memoryStates
          wanted[Array(loop.memory[start..<start + loop.memoryStates]), default: []].append(e)
        }
        let got = found.classes.map { $0.environments.map { $0.values[0] } }
        #expect(Set(got) == Set(wanted.values))
        let standard = loop.percepts(inMemory: m).map { $0.filter(possible.contains) }.filter { !$0.isEmpty }
        #expect(Set(got) == Set(standard))
        for perception in found.classes {
          for e in perception.environments.map({ $0.values[0] }) {
            for (branch, probability) in zip(found.branches, perception.branchMorph) {
              let p = loop.memory[(m * loop.environmentStates + e) * loop.memoryStates + branch.values[0]]
              #expect(abs(p.approximation - probability.approximation) < 1e-9)
            }
          }
        }
        classes.append(got.count)
      }
    }
    return (actions.count, classes)
  }

  @Test("its entity-set acts only where the memory is not heteronomous, and perceives what p(m′ | m, e) tells apart")
  func specialisation() throws {
    var (actions, classes) = (0, Set<Int>())
    for seed in UInt64(0)..<12 {
      let (memory, environment) = (2 + Int(seed % 2), 2 + Int(seed % 3))
      let exact: PerceptionActionLoop<Rational> = try Self.loop(seed, memory: memory, environment: environment)
      let rounded: PerceptionActionLoop<Double> = try Self.loop(seed, memory: memory, environment: environment)
      let seen = try hold(rounded)
      if seed < 4 { #expect(try hold(exact) == seen) }
      actions += seen.actions
      classes.formUnion(seen.classes)
    }
    #expect(actions > 100)
    #expect(classes.isSuperset(of: [1, 2, 3]))
  }

  @Test("a memory that is a function of the environment does not act", arguments: UInt64(0)..<5)
  func driven(seed: UInt64) throws {
    let loop: PerceptionActionLoop<Rational> = try Self.loop(seed, memory: 3, environment: 3, isDriven: true)
    #expect(loop.heteronomy(at: 0) == 0 && loop.heteronomy(at: 1) == 0)
    #expect(loop.isHeteronomous(at: 0) && loop.isHeteronomous(at: 1))
    #expect(try hold(loop).actions == 0)
  }

  @Test("perceptions intersected over the memory's states are the sensor's percepts", arguments: UInt64(0)..<10)
  func sensor(seed: UInt64) throws {
    var random = Random(seed: seed)
    let rows = [[1, 2], [2, 1], [1, 1]]
    var (memory, environment): ([Rational], [Rational]) = ([], [])
    for _ in 0..<8 {
      memory += try BehaviourExamples.row(rows[random.below(3)])
      environment += try BehaviourExamples.row([1, 1, 1, 1])
    }
    let loop = try PerceptionActionLoop(
      memoryStates: 2, environmentStates: 4, initial: try BehaviourExamples.row([1, 1, 1, 1, 1, 1, 1, 1]),
      memory: memory, environment: environment, timeSteps: 2)
    let set = try loop.entities()
    var together = [[Set<Int>]](repeating: [], count: 4)
    for m in 0..<2 {
      let place = try #require(set.entities.firstIndex { $0.pattern.values[0] == m })
      for perception in try set.perceptions(of: place, at: 0).classes {
        let environments = Set(perception.environments.map { $0.values[0] })
        for e in environments { together[e].append(environments) }
      }
    }
    let intersected = (0..<4).map { e in together[e].reduce(Set(0..<4)) { $0.intersection($1) }.sorted() }
    #expect(Set(intersected) == Set(loop.percepts))
    for e in 0..<4 {
      for other in 0..<4 {
        let isEqual = (0..<2).allSatisfy { m in memory[(m * 4 + e) * 2] == memory[(m * 4 + other) * 2] }
        #expect(loop.percepts.contains { $0.contains(e) && $0.contains(other) } == isEqual)
      }
    }
  }

  @Test("rounded probabilities a hair apart are one percept in whatever order they come, exact ones are not")
  func rounding() throws {
    let steps = [0.0, 0.8e-9, 1.6e-9, 0.1]
    for order in [[0, 1, 2, 3], [2, 0, 3, 1], [3, 2, 1, 0]] {
      let shares = order.map { 0.5 + steps[$0] }
      let loop = try PerceptionActionLoop(
        memoryStates: 2, environmentStates: 4, initial: [Double](repeating: 0.125, count: 8),
        memory: (shares + shares).flatMap { [$0, 1 - $0] }, environment: [Double](repeating: 0.25, count: 32),
        timeSteps: 2)
      let apart = order.firstIndex(of: 3) ?? 0
      #expect(Set(loop.percepts.map { Set($0) }) == [Set(0..<4).subtracting([apart]), [apart]])
      #expect(Set(loop.percepts) == Set(loop.percepts(inMemory: 1)))
      let classes = try loop.entities().perceptions(of: 0, at: 0).classes
      #expect(Set(classes.map { Set($0.environments.map { $0.values[0] }) }) == Set(loop.percepts.map { Set($0) }))
    }
    let half = Rational(1, 2)
    let hair = Rational(1, 1_000_000_000_000)
    let exact = try PerceptionActionLoop(
      memoryStates: 2, environmentStates: 2, initial: [Rational](repeating: Rational(1, 4), count: 4),
      memory: [half, half, half + hair, half - hair, half, half, half, half],
      environment: [Rational](repeating: half, count: 8), timeSteps: 2)
    #expect(exact.percepts(inMemory: 0) == [[0], [1]])
    #expect(exact.percepts(inMemory: 1) == [[0, 1]])
    #expect(exact.percepts == [[0], [1]])
  }

  @Test("the example of the documentation")
  func example() throws {
    let loop = try PerceptionActionLoop(
      memoryStates: 2, environmentStates: 2, initial: [0.25, 0.25, 0.25, 0.25],
      memory: [0.9, 0.1, 0.2, 0.8, 0.9, 0.1, 0.2, 0.8], environment: [1, 0, 0, 1, 1, 0, 0, 1], timeSteps: 3)
    #expect(loop.percepts == [[0], [1]])
    #expect(try loop.entities().perceptions(of: 0, at: 0).classes.count == 2)
  }

  @Test("loops that are not loops are refused")
  func refusals() throws {
    let (rows, start) = ([Double](repeating: 0.5, count: 8), [0.25, 0.25, 0.25, 0.25])
    func loop(_ memoryStates: Int, _ memory: [Double], _ steps: Int) throws -> PerceptionActionLoop<Double> {
      try PerceptionActionLoop(
        memoryStates: memoryStates, environmentStates: 2, initial: start, memory: memory, environment: rows,
        timeSteps: steps)
    }
    #expect(try loop(2, rows, 2).percepts == [[0, 1]])
    #expect(throws: EntityError.self) { try loop(0, rows, 2) }
    #expect(throws: EntityError.self) { try loop(3, rows, 2) }
    #expect(throws: EntityError.self) { try loop(2, rows, 1) }
    #expect(throws: EntityError.self) { try loop(2, [0.6] + rows.dropFirst(), 2) }
  }
}
