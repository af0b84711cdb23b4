// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of the bounds of integration and of its normalised form.

import Entities
import SparseCore
import Testing

@Suite("Bounds of integration")
struct IntegrationBoundsTests {
  @Test("every partition of random patterns lies between the bounds of its number of blocks")
  func holds() throws {
    var random = Random(seed: 41)
    for round in 0..<40 {
      let table =
        round % 2 == 0 ? try ExampleModels.randomTable(5, &random) : try SpecialExamples.ferromagnet(5, &random)
      let pattern = ExampleModels.pattern(table.nodes.map { _ in random.below(2) })
      let all = try LocalIntegration(of: pattern, in: table)
      for blocks in SpecialExamples.partitions(of: pattern.nodes) {
        let integration = try all.specific(NodePartition(blocks))
        let bounds = IntegrationBounds(surprisal: all.surprisals[all.whole], blocks: blocks.count)
        #expect(integration <= bounds.upper + 1e-12 && integration >= bounds.lower - 1e-12)
      }
      let complete = try #require(all.complete)
      let bounds = try IntegrationBounds(complete: all)
      #expect(complete <= bounds.upper && complete >= bounds.lower)
      #expect((1...all.whole - 1).allSatisfy { complete <= all.surprisals[$0] + 1e-12 })
    }
  }

  @Test("copies attain the upper bound, for every number of blocks")
  func upper() throws {
    let table = try JointTable(
      nodes: (0..<5).map { ModelNode("x\($0)", states: 2, place: $0) },
      entries: [
        Trajectory(values: [0, 0, 0, 0, 0], probability: 0.125),
        Trajectory(values: [1, 1, 1, 1, 1], probability: 0.875),
      ])
    let pattern = ExampleModels.pattern([0, 0, 0, 0, 0])
    let all = try LocalIntegration(of: pattern, in: table)
    for blocks in SpecialExamples.partitions(of: pattern.nodes) {
      let partition = try NodePartition(blocks)
      let bounds = IntegrationBounds(surprisal: 3, blocks: blocks.count)
      #expect(bounds.upper == 3 * Double(blocks.count - 1))
      #expect(try all.specific(partition) == bounds.upper)
      if blocks.count > 1 { #expect(try all.normalized(partition) == 1) }
    }
    #expect(try IntegrationBounds(complete: all).upper == all.complete)
    #expect(try all.normalizedComplete().value == 1)
  }

  @Test("the anti-pattern attains the lower bound", arguments: [2, 3, 5], [0.03, 0.5, 0.9])
  func lower(blocks: Int, probability: Double) throws {
    let rest = (1 - probability) / Double(blocks)
    let table = try JointTable(
      nodes: (0..<blocks).map { ModelNode("x\($0)", states: 2, place: $0) },
      entries: [Trajectory(values: [Int](repeating: 0, count: blocks), probability: probability)]
        + (0..<blocks).map { failing in
          Trajectory(values: (0..<blocks).map { $0 == failing ? 1 : 0 }, probability: rest)
        })
    let all = try LocalIntegration(of: ExampleModels.pattern([Int](repeating: 0, count: blocks)), in: table)
    let bounds = IntegrationBounds(surprisal: -SpecialExamples.bits(probability), blocks: blocks)
    #expect(abs(try all.specific(NodePartition((0..<blocks).map { [$0] })) - bounds.lower) < 1e-12)
    #expect(abs(try IntegrationBounds(complete: all).lower - (try #require(all.complete))) < 1e-12)
    #expect(bounds.lower < 0)
  }

  @Test("the lower bound falls with the number of blocks towards log2 q + (1 − q) log2 e")
  func limit() {
    for surprisal in [0.1, 1, 7, 300.0] {
      let bounds = (1...200).map { IntegrationBounds(surprisal: surprisal, blocks: $0).lower }
      #expect(bounds[0] == 0 && zip(bounds, bounds.dropFirst()).allSatisfy(>))
      let probability = Self.power(-surprisal)
      let limit = -surprisal + (1 - probability) / 0.6931471805599453
      let far = IntegrationBounds(surprisal: surprisal, blocks: 1_000_000).lower
      #expect(far > limit && far < limit + 1e-5)
    }
  }

  /// 2^x by halving.
  static func power(_ exponent: Double) -> Double {
    guard exponent.magnitude > 1e-3 else {
      let x = exponent * 0.6931471805599453
      return 1 + x + x * x / 2 + x * x * x / 6 + x * x * x * x / 24
    }
    let root = power(exponent / 2)
    return root * root
  }

  @Test("the least normalised integration is that of all partitions, and has the sign of the complete one")
  func normalized() throws {
    var random = Random(seed: 42)
    var different = 0
    for round in 0..<40 {
      let table =
        round % 2 == 0 ? try ExampleModels.randomTable(5, &random) : try SpecialExamples.ferromagnet(5, &random)
      let pattern = ExampleModels.pattern(table.nodes.map { _ in random.below(2) })
      let all = try LocalIntegration(of: pattern, in: table)
      var least = Double.infinity
      for blocks in SpecialExamples.partitions(of: pattern.nodes) where blocks.count > 1 {
        least = min(least, try all.normalized(NodePartition(blocks)))
      }
      let result = try all.normalizedComplete()
      #expect(abs(result.value - least) < 1e-12)
      #expect(abs(try all.normalized(result.partition) - least) < 1e-12)
      let complete = try #require(all.complete)
      #expect((result.value > 0) == (complete > 0) && result.value <= 1)
      if abs(try all.specific(result.partition) - complete) > 1e-9 { different += 1 }
    }
    #expect(different > 0, "the two least values may belong to different partitions")
  }

  @Test("one block, one node and certain patterns have no normalised integration")
  func refuses() throws {
    let chain = try ExampleModels.equal(Double.self)
    let all = try LocalIntegration(of: ExampleModels.pattern([0, 0, 0, 0, 0, 0]), in: chain)
    #expect(throws: EntityError.self) { try all.normalized(NodePartition([[0, 1, 2]])) }
    #expect(throws: EntityError.self) { try all.normalized(NodePartition([])) }
    let single = try LocalIntegration(of: SpatiotemporalPattern(nodes: [0], values: [0]), in: chain)
    #expect(throws: EntityError.self) { try single.normalizedComplete() }
    #expect(throws: EntityError.self) { try IntegrationBounds(complete: single) }
    let certain = try JointTable(
      nodes: ExampleModels.pair, entries: [Trajectory(values: [0, 1], probability: 1.0)])
    let sure = try LocalIntegration(of: ExampleModels.pattern([0, 1]), in: certain)
    #expect(throws: EntityError.self) { try sure.normalizedComplete() }
    #expect(throws: EntityError.self) { try sure.normalized(NodePartition([[0], [1]])) }
  }
}
