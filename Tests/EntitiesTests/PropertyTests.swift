// SPDX-License-Identifier: Apache-2.0
// Espalier: the laws of local integration, on random models.

import Entities
import SparseCore
import Testing

@Suite("Laws of local integration")
struct PropertyTests {
  /// A random chain of six or so nodes and one of its trajectories.
  static func chain(
    mostStates: Int = 3, _ random: inout Random
  ) throws -> (MultivariateMarkovChain<Double>, [Trajectory<Double>], [Int]) {
    let shapes = [(1, 5), (2, 3), (3, 2), (2, 2), (5, 1)]
    let (variables, steps) = shapes[random.below(shapes.count)]
    let chain = try ExampleModels.randomChain(
      variables: variables, steps: steps, mostStates: mostStates, &random)
    let all = try chain.trajectories(limit: 100_000)
    return (chain, all, all[random.below(all.count)].values)
  }

  @Test("probabilities by elimination are those summed over all trajectories, which sum to 1", arguments: 0..<20)
  func marginals(seed: Int) throws {
    var random = Random(seed: UInt64(seed))
    let (chain, all, values) = try Self.chain(&random)
    #expect(abs(all.reduce(0) { $0 + $1.probability } - 1) < 1e-12)
    let pattern = ExampleModels.pattern(values)
    let integration = try LocalIntegration(of: pattern, in: chain)
    for mask in 0...integration.whole {
      let wanted = Brute.probability(pattern.part(mask), all)
      #expect(abs(integration.probability(mask) - wanted) < 1e-12)
      #expect(abs(try chain.probability(of: pattern.part(mask)) - wanted) < 1e-12)
    }
    let nodes = random.distinct(min(3, values.count), below: values.count).sorted()
    let part = pattern.part(on: nodes)
    let few = try LocalIntegration(of: part, in: chain)
    for mask in 0...few.whole { #expect(abs(few.probability(mask) - Brute.probability(part.part(mask), all)) < 1e-12) }
  }

  @Test(
    "the complete local integration of every part is the least over its partitions, and the cut attains it",
    arguments: 0..<20)
  func bruteForce(seed: Int) throws {
    var random = Random(seed: UInt64(seed) + 100)
    let (chain, all, values) = try Self.chain(&random)
    let integration = try LocalIntegration(of: ExampleModels.pattern(values), in: chain)
    for mask in 1...integration.whole {
      let nodes = integration.pattern.part(mask).nodes
      guard nodes.count > 1 else {
        #expect(integration.complete(mask) == nil && integration.leastPartition(mask) == nil)
        continue
      }
      let wanted = Brute.complete(nodes, of: values, all)
      let got = try #require(integration.complete(mask))
      #expect(abs(got - wanted) < 1e-9)
      let cut = try #require(integration.leastPartition(mask))
      #expect(cut.nodes == nodes && cut.blocks.count > 1)
      #expect(abs(try integration.specific(cut) - got) < 1e-9)
      let attaining = Brute.partitions(nodes).filter {
        $0.count > 1 && abs(Brute.specific($0, of: values, all) - wanted) < 1e-10
      }
      let listed = try #require(integration.leastPartitions(mask, limit: 100_000))
      #expect(Set(listed) == Set(try attaining.map { try NodePartition($0) }) && listed.contains(cut))
    }
  }

  @Test("chain rule: a refinement adds the integration of what it splits", arguments: 0..<20)
  func chainRule(seed: Int) throws {
    var random = Random(seed: UInt64(seed) + 200)
    let (chain, _, values) = try Self.chain(&random)
    let integration = try LocalIntegration(of: ExampleModels.pattern(values), in: chain)
    for coarse in Brute.partitions(Array(values.indices)) where random.below(4) == 0 {
      let parts = coarse.map { block in
        let choices = Brute.partitions(block)
        return choices[random.below(choices.count)]
      }
      let fine = try integration.specific(NodePartition(parts.flatMap { $0 }))
      var sum = try integration.specific(NodePartition(coarse))
      for part in parts { sum += try integration.specific(NodePartition(part)) }
      #expect(abs(fine - sum) < 1e-9)
    }
  }

  @Test(
    "the mean of SLI over all trajectories is the multi-information of the blocks, and not negative", arguments: 0..<12)
  func multiInformation(seed: Int) throws {
    var random = Random(seed: UInt64(seed) + 300)
    let (chain, all, _) = try Self.chain(mostStates: 2, &random)
    let nodes = Array(chain.nodes.indices)
    let choices = Brute.partitions(nodes)
    let partition = try NodePartition(choices[random.below(choices.count)])
    var mean = 0.0
    for trajectory in all {
      let integration = try LocalIntegration(of: ExampleModels.pattern(trajectory.values), in: chain)
      mean += trajectory.probability * (try integration.specific(partition))
    }
    func entropy(_ nodes: [Int]) -> Double {
      var weights: [[Int]: Double] = [:]
      for trajectory in all { weights[nodes.map { trajectory.values[$0] }, default: 0] += trajectory.probability }
      return weights.values.reduce(0) { $0 - $1 * $1.logarithm }
    }
    let wanted = partition.blocks.reduce(0) { $0 + entropy($1) } - entropy(nodes)
    #expect(abs(mean - wanted) < 1e-9 && mean > -1e-12)
  }

  @Test("renaming nodes and states changes no integration but its names", arguments: 0..<12)
  func relabelling(seed: Int) throws {
    var random = Random(seed: UInt64(seed) + 400)
    let (chain, all, values) = try Self.chain(&random)
    var order = Array(chain.nodes.indices)
    random.shuffle(&order)
    let renamings = chain.nodes.map { node in
      var states = Array(0..<node.stateCount)
      random.shuffle(&states)
      return states
    }
    func renamed(_ old: [Int]) -> [Int] { order.map { renamings[$0][old[$0]] } }
    let table = try JointTable(
      nodes: order.enumerated().map { ModelNode("n\($0)", states: chain.nodes[$1].stateCount, place: $0) },
      entries: all.map { Trajectory(values: renamed($0.values), probability: $0.probability) })
    let before = try LocalIntegration(of: ExampleModels.pattern(values), in: chain)
    let after = try LocalIntegration(of: ExampleModels.pattern(renamed(values)), in: table)
    for mask in 1...before.whole {
      let moved = order.indices.reduce(0) { $0 | (mask >> order[$1] & 1) << $1 }
      #expect(abs((before.complete(mask) ?? 0) - (after.complete(moved) ?? 0)) < 1e-9)
    }
    let (left, right) = (try DisintegrationHierarchy(of: before), try DisintegrationHierarchy(of: after))
    #expect(left.levels.map(\.partitions) == right.levels.map(\.partitions))
    #expect(left.levels.map(\.refinementFree) == right.levels.map(\.refinementFree))
  }

  @Test("a symmetry of the law carries entities along: turning a ring turns them", arguments: [30, 90, 110])
  func symmetry(rule: Int) throws {
    let automaton = try ElementaryAutomaton(rule: rule, ring: 4, timeSteps: 2, initial: 0.5)
    let values = try automaton.trajectory(from: [0, 0, 1, 1])
    let turned = try automaton.trajectory(from: [1, 0, 0, 1])
    let (left, right) = (
      try LocalIntegration(of: ExampleModels.pattern(values), in: automaton),
      try LocalIntegration(of: ExampleModels.pattern(turned), in: automaton)
    )
    let moved = Set(left.entities().map { entity in entity.pattern.nodes.map { $0 / 4 * 4 + ($0 + 1) % 4 }.sorted() })
    #expect(moved == Set(right.entities().map(\.pattern.nodes)))
    #expect(try DisintegrationHierarchy(of: left).levels.count == DisintegrationHierarchy(of: right).levels.count)
  }

  @Test(
    "disintegration theorem: refinement-free partitions, by comparing all, are those of single nodes and entities",
    arguments: 0..<10)
  func theorem(seed: Int) throws {
    var random = Random(seed: UInt64(seed) + 500)
    let count = 3 + random.below(3)
    let integration: LocalIntegration
    if seed % 2 == 0 {
      let table = try ExampleModels.randomTable(count, &random)
      integration = try LocalIntegration(of: ExampleModels.pattern([Int](repeating: 1, count: count)), in: table)
    } else {
      let (chain, _, values) = try Self.chain(&random)
      integration = try LocalIntegration(of: ExampleModels.pattern(values), in: chain)
    }
    let all = try Brute.partitions(integration.pattern.nodes).map { try NodePartition($0) }
    let values = try all.map { try integration.specific($0) }
    let free = all.indices.filter { index in
      !all.indices.contains {
        $0 != index && all[$0].refines(all[index]) && values[$0] <= values[index] + LocalIntegration.tolerance
      }
    }
    let listed = try integration.refinementFreePartitions()
    #expect(Set(listed.map(\.partition)) == Set(free.map { all[$0] }))
    #expect(integration.refinementFreeCount == Double(free.count))
    let blocks = Set(free.flatMap { all[$0].blocks }.filter { $0.count > 1 })
    #expect(blocks == Set(integration.entities().map(\.pattern.nodes)))
    let hierarchy = try DisintegrationHierarchy(of: integration)
    #expect(hierarchy.refinementFree == free.count)
    #expect(hierarchy.levels.reduce(0) { $0 + $1.partitions } == all.count)
  }

  @Test("fractions and floating point agree wherever floating point is sure", arguments: 0..<6)
  func exact(seed: Int) throws {
    var random = Random(seed: UInt64(seed) + 600)
    let rows = (0..<4).map { _ in (0..<4).map { _ in random.below(7) } }.map { row in
      row.reduce(0, +) == 0 ? [1, 1, 1, 1] : row
    }
    let fractions = rows.flatMap { row in row.map { Rational($0, row.reduce(0, +)) } }
    func chain<Scalar: ProbabilityScalar>(_ convert: (Rational) -> Scalar) throws -> MultivariateMarkovChain<Scalar> {
      try MultivariateMarkovChain(
        variables: ExampleModels.pair, timeSteps: 3,
        initial: [ConditionalTable(nodes: [0, 1], values: (0..<4).map { _ in convert(Rational(1, 4)) })],
        transition: .joint(fractions.map(convert)))
    }
    let (slow, fast) = (try chain { $0 }, try chain { $0.approximation })
    let all = try slow.trajectories(limit: 100)
    let pattern = ExampleModels.pattern(all[random.below(all.count)].values)
    let (exact, rounded) = (try ExactIntegration(of: pattern, in: slow), try LocalIntegration(of: pattern, in: fast))
    for mask in 1...exact.whole where mask & (mask - 1) != 0 {
      let bits = try #require(exact.complete(mask))
      #expect(abs(bits - (rounded.complete(mask) ?? .nan)) < 1e-9)
      #expect(exact.isEntity(mask) == rounded.isEntity(mask))
      let cut = try #require(exact.leastPartition(mask))
      #expect(abs(try rounded.specific(cut) - bits) < 1e-9)
    }
    #expect(exact.entities().map(\.pattern) == rounded.entities().map(\.pattern))
    let (left, right) = (DisintegrationHierarchy(of: exact), try DisintegrationHierarchy(of: rounded))
    #expect(left.levels.map(\.partitions) == right.levels.map(\.partitions))
    #expect(left.levels.map(\.refinementFree) == right.levels.map(\.refinementFree))
  }
}
