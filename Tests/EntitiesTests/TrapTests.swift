// SPDX-License-Identifier: Apache-2.0
// Espalier: what is easily done wrong.

import Entities
import SparseCore
import Testing

@Suite("Traps")
struct TrapTests {
  static func example(_ name: String) throws -> (any ProbabilityModel<Double>, LocalIntegration, EntityExample) {
    let example = try #require(EntityExample.named(name))
    let model = try example.description().model(as: Double.self, path: name)
    return (model, try LocalIntegration(of: ExampleModels.pattern(example.trajectory), in: model), example)
  }

  @Test("two parts are not enough: no cut in two refutes this triple, the cut in three does")
  func bipartitions() throws {
    let (_, integration, _) = try Self.example("trap")
    for pair in [0b001, 0b010, 0b100] {
      #expect(abs(integration.specific([pair, 0b111 ^ pair]) - 0.1926) < 5e-5)
    }
    #expect(abs(integration.specific([1, 2, 4]) + 0.0589) < 5e-5)
    #expect(abs((integration.complete ?? 0) + 0.0589) < 5e-5)
    #expect(!integration.isEntity(integration.whole) && integration.entities().isEmpty)
    #expect(integration.leastPartition(0b111)?.description == "0|1|2")
  }

  @Test("entities are not inherited: the XOR triple is one of one bit with four least cuts, none of its pairs is")
  func exclusiveOr() throws {
    let (_, integration, _) = try Self.example("xor")
    #expect(integration.entities().map(\.pattern.nodes) == [[0, 1, 2]])
    #expect(abs((integration.complete ?? 0) - 1) < 1e-12)
    #expect(integration.leastPartitions(0b111)?.count == 4)
    for pair in [0b011, 0b101, 0b110] { #expect(abs(integration.complete(pair) ?? 1) < 1e-12) }
  }

  @Test("copies of one bit attain the upper bound: a partition in k blocks has 3 (k - 1) bits")
  func copies() throws {
    let (_, integration, _) = try Self.example("copy")
    for partition in Brute.partitions([0, 1, 2, 3]) {
      #expect(abs(try integration.specific(NodePartition(partition)) - 3 * Double(partition.count - 1)) < 1e-9)
    }
    #expect(integration.entities().count == 11)
  }

  @Test("independent variables have one level with all partitions and no entities")
  func independent() throws {
    var random = Random(seed: 3)
    let nodes = (0..<7).map { ModelNode("x\($0)", states: 2, place: $0) }
    let tables = (0..<7).map { node -> ConditionalTable<Double> in
      let share = 0.1 + 0.8 * random.uniformDouble()
      return ConditionalTable(nodes: [node], values: [share, 1 - share])
    }
    let network = try BayesianNetwork(nodes: nodes, tables: tables)
    let integration = try LocalIntegration(of: ExampleModels.pattern([0, 1, 0, 1, 0, 1, 1]), in: network)
    let hierarchy = try DisintegrationHierarchy(of: integration)
    #expect(hierarchy.levels.map(\.partitions) == [877] && hierarchy.levels.map(\.refinementFree) == [1])
    #expect(integration.entities().isEmpty)
    #expect(integration.surprisals.indices.allSatisfy { abs(integration.complete($0) ?? 0) < 1e-10 })
  }

  @Test("the whole is not a cut of itself, and single nodes are no entities")
  func whole() throws {
    let (_, integration, _) = try Self.example("mc-equal")
    #expect(integration.specific([integration.whole]) == 0)
    #expect(integration.entities().allSatisfy { $0.pattern.count >= 2 })
    let single = try LocalIntegration(
      of: SpatiotemporalPattern(nodes: [2], values: [0]), in: ExampleModels.equal(Double.self))
    #expect(single.complete == nil && single.entities().isEmpty)
    #expect(
      try DisintegrationHierarchy(of: single).levels == [
        HierarchyLevel(integration: 0, partitions: 1, refinementFree: 1)
      ])
  }

  @Test("an integration of exactly 0 is not positive, in fractions and in floating point")
  func zero() throws {
    let pattern = ExampleModels.pattern([0, 1, 0, 1, 0, 1])
    let exact = try ExactIntegration(of: pattern, in: ExampleModels.equal(Rational.self))
    #expect(exact.completeRatio(exact.whole) == .one && !exact.isEntity(exact.whole))
    let rounded = try LocalIntegration(of: pattern, in: ExampleModels.equal(Double.self))
    #expect(!rounded.isEntity(rounded.whole) && rounded.entityCount == 8)
  }

  @Test("what cannot happen has no integration: an error that names it")
  func impossible() throws {
    let error = #expect(throws: EntityError.self) {
      try LocalIntegration(of: ExampleModels.pattern([0, 0, 1, 0, 0, 0]), in: ExampleModels.equal(Double.self))
    }
    #expect(error?.description.hasPrefix("the pattern 0=0 1=0 2=1 3=0 4=0 5=0 has probability 0; choose") == true)
    #expect(throws: EntityError.self) {
      try ExactIntegration(of: ExampleModels.pattern([0, 0, 1, 0, 0, 0]), in: ExampleModels.equal(Rational.self))
    }
  }

  @Test("nodes are counted slice after slice and states with the last variable fastest")
  func order() throws {
    // The first variable is copied from the second, whose three states are drawn anew each step.
    let variables = [ModelNode("copy", states: 3, place: 0), ModelNode("source", states: 3, place: 1)]
    let first = (0..<9).map { $0 == 2 ? 1.0 : 0 }
    var transition: [Double] = []
    for before in 0..<9 {
      for after in 0..<9 { transition.append(after / 3 == before % 3 ? 1.0 / 3 : 0) }
    }
    let chain = try MultivariateMarkovChain(
      variables: variables, timeSteps: 2, initial: [ConditionalTable(nodes: [0, 1], values: first)],
      transition: .joint(transition))
    #expect(chain.nodes.map(\.name) == ["copy@0", "source@0", "copy@1", "source@1"])
    #expect(try chain.trajectories(limit: 10).map(\.values) == [[0, 2, 2, 0], [0, 2, 2, 1], [0, 2, 2, 2]])
  }

  @Test("two next values that depend on each other given the past need a joint transition, which is kept")
  func jointTransition() throws {
    let (model, _, _) = try Self.example("mc-epsilon")
    let both = try model.probability(of: SpatiotemporalPattern(nodes: [0, 1, 2, 3], values: [0, 0, 1, 1]))
    let one = try model.probability(of: SpatiotemporalPattern(nodes: [0, 1, 2], values: [0, 0, 1]))
    #expect(abs(both / 0.25 - 0.01) < 1e-12 && abs(one / 0.25 - 0.02) < 1e-12)
  }

  @Test("the numbers of MC-epsilon: seven classes of trajectories, integrations as in closed form")
  func epsilon() throws {
    let chain = try ExampleModels.epsilon(Rational(1, 100))
    let all = try chain.trajectories(limit: 100)
    #expect(all.count == 64)
    var classes: [[Rational]: Int] = [:]
    var patterns = Set<SpatiotemporalPattern>()
    for trajectory in all {
      let exact = try ExactIntegration(of: ExampleModels.pattern(trajectory.values), in: chain)
      classes[(1...exact.whole).compactMap { exact.completeRatio($0) }.sorted(), default: 0] += 1
      patterns.formUnion(exact.entities().map(\.pattern))
      let isConstant = Set(zip(trajectory.values, trajectory.values.dropFirst(2)).map { $0 == $1 }) == [true]
      #expect(isConstant == (exact.entities().count == 22))
    }
    #expect(classes.values.sorted() == [4, 4, 8, 8, 8, 16, 16])
    #expect(patterns.count == 72)
    let exact = try ExactIntegration(of: ExampleModels.pattern([0, 0, 0, 0, 0, 0]), in: chain)
    #expect(
      exact.completeRatio(exact.whole) == Rational(97 * 97, 1) * Rational(100 * 100, 1) / Rational(98 * 98 * 98 * 98, 1)
    )
    #expect(exact.completeRatio(0b000101) == Rational(98, 50))
    #expect(exact.completeRatio(0b010001) == Rational(98 * 98 + 4, 5000))
    let probabilities = Set(all.map(\.probability))
    #expect(probabilities == [Rational(9409, 40000), Rational(97, 40000), Rational(1, 40000)])
  }
}
