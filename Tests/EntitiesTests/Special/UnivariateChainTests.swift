// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of chains of one variable.

import Entities
import SparseCore
import Testing

@Suite("Univariate chains")
struct UnivariateChainTests {
  @Test("the path cover is the subset dynamic programme on random chains, and its partition attains it")
  func agreesWithSubsets() throws {
    var random = Random(seed: 11)
    var (negative, positive) = (0, 0)
    for round in 0..<120 {
      let chain = try SpecialExamples.chain(round, &random)
      let trajectory = SpecialExamples.trajectory(of: chain, &random)
      var pattern = ExampleModels.pattern(trajectory)
      if round % 3 == 2 && trajectory.count > 3 {
        pattern = pattern.part(on: trajectory.indices.filter { $0 % 3 != 1 })
      }
      let fast = try ChainIntegration(of: pattern, in: chain)
      let slow = try LocalIntegration(of: pattern, in: chain)
      let wanted = try #require(slow.complete)
      #expect(abs(fast.complete - wanted) < 1e-9, "round \(round)")
      #expect(abs(try slow.specific(fast.partition) - wanted) < 1e-9, "round \(round)")
      #expect(fast.partition.blocks.count > 1)
      #expect(abs(fast.surprisal - slow.surprisals[slow.whole]) < 1e-9)
      if wanted > 1e-9 { positive += 1 } else if wanted < -1e-9 { negative += 1 }
    }
    #expect(positive >= 10 && negative >= 10)
  }

  @Test("the path cover is the least over all partitions, enumerated")
  func agreesWithEnumeration() throws {
    var random = Random(seed: 12)
    for round in 0..<30 {
      let chain = try SpecialExamples.chain(round, &random, most: 7)
      let pattern = ExampleModels.pattern(SpecialExamples.trajectory(of: chain, &random))
      let whole = try chain.probability(of: pattern)
      var least = Double.infinity
      for blocks in SpecialExamples.partitions(of: pattern.nodes) where blocks.count > 1 {
        var product = 1.0
        for block in blocks { product *= try chain.probability(of: pattern.part(on: block)) }
        least = min(least, SpecialExamples.bits(whole / product))
      }
      #expect(abs(try ChainIntegration(of: pattern, in: chain).complete - least) < 1e-9)
    }
  }

  @Test("negative integrations of long chains are those of a plain assignment of every forbidden link")
  func agreesWithForbiddenLinks() throws {
    var random = Random(seed: 13)
    var negative = 0
    for round in 0..<12 {
      let chain = try SpecialExamples.chain(round, &random, least: 24, most: 30)
      let pattern = ExampleModels.pattern(SpecialExamples.trajectory(of: chain, &random))
      let result = try ChainIntegration(of: pattern, in: chain)
      let wanted = try SpecialExamples.naiveCover(pattern, chain)
      #expect(abs(result.complete - wanted) < 1e-9, "round \(round)")
      var sum = -result.surprisal
      for block in result.partition.blocks {
        sum -= SpecialExamples.bits(try chain.probability(of: pattern.part(on: block)))
      }
      #expect(abs(sum - wanted) < 1e-9)
      if wanted < 0 { negative += 1 }
    }
    #expect(negative >= 4)
  }

  @Test("where all times are independent every cut is free but for rounding, and the partition is never the whole")
  func independentTimes() throws {
    var random = Random(seed: 15)
    for _ in 0..<60 {
      let states = 2 + random.below(3)
      let row = SpecialExamples.law(states, sharp: false, &random)
      let chain = try UnivariateChain(
        initial: row, transition: (0..<states).flatMap { _ in row }, timeSteps: 2 + random.below(40))
      let pattern = ExampleModels.pattern(SpecialExamples.trajectory(of: chain, &random))
      let result = try ChainIntegration(of: pattern, in: chain)
      #expect(abs(result.complete) < 1e-12 && !result.isEntity())
      #expect(result.partition.blocks.count > 1 && result.partition.nodes == pattern.nodes)
    }
  }

  @Test("one time has no integration, and an impossible trajectory is refused")
  func refuses() throws {
    let chain = try UnivariateChain(initial: [1, 0], transition: [0.5, 0.5, 0, 1], timeSteps: 4)
    #expect(throws: EntityError.self) {
      try ChainIntegration(of: SpatiotemporalPattern(nodes: [2], values: [1]), in: chain)
    }
    do throws(EntityError) {
      _ = try ChainIntegration(of: SpatiotemporalPattern(nodes: [2], values: [1]), in: chain)
    } catch {
      guard case .undefined = error else { throw error }
    }
    for values in [[1, 1, 1, 1], [0, 1, 0, 0]] {
      do throws(EntityError) {
        _ = try ChainIntegration(of: ExampleModels.pattern(values), in: chain)
        Issue.record("\(values) was judged")
      } catch {
        guard case .impossible = error else { throw error }
      }
    }
    #expect(throws: EntityError.self) { try UnivariateChain(initial: [0.5, 0.5], transitions: [[1, 0, 0.5]]) }
    #expect(throws: EntityError.self) {
      try UnivariateChain(initial: [0.5, 0.4], transition: [1, 0, 0, 1], timeSteps: 2)
    }
  }

  @Test("a lumped chain gives a whole trajectory its probability, and cuts between slices only")
  func lumps() throws {
    let chain = try ExampleModels.epsilon(0.01)
    let lumped = try UnivariateChain(lumping: chain)
    #expect(lumped.isStationary && lumped.timeSteps == 3)
    for values in [[0, 0, 0, 0, 0, 0], [0, 1, 1, 1, 0, 0]] {
      let slices = (0..<3).map { UnivariateChain.lumped(values[2 * $0..<2 * $0 + 2], of: chain) }
      #expect(slices[0] == 2 * values[0] + values[1])
      let whole = try chain.probability(of: ExampleModels.pattern(values))
      #expect(abs(try lumped.probability(of: ExampleModels.pattern(slices)) - whole) < 1e-15)
      let judged = try ChainIntegration(of: ExampleModels.pattern(slices), in: lumped)
      let all = try LocalIntegration(of: ExampleModels.pattern(values), in: chain)
      let cut = try NodePartition(judged.partition.blocks.map { $0.flatMap { [2 * $0, 2 * $0 + 1] } })
      #expect(abs(try all.specific(cut) - judged.complete) < 1e-12)
    }
    #expect(throws: EntityError.self) { try UnivariateChain(lumping: chain, mostStates: 3) }
  }

  @Test("independent chains taken together integrate to the sum of their negative parts")
  func independent() throws {
    var random = Random(seed: 14)
    for round in 0..<20 {
      let chains = [
        try SpecialExamples.chain(round, &random, most: 4), try SpecialExamples.chain(round + 1, &random, most: 4),
      ]
      let patterns = chains.map { ExampleModels.pattern(SpecialExamples.trajectory(of: $0, &random)) }
      let (network, pattern) = try SpecialExamples.joined(chains, patterns)
      let wanted = try #require(try LocalIntegration(of: pattern, in: network).complete)
      let parts = [
        try ChainIntegration(of: patterns[0], in: chains[0]), try ChainIntegration(of: patterns[1], in: chains[1]),
      ]
      #expect(abs(ChainIntegration.complete(ofIndependent: parts) - wanted) < 1e-9)
    }
  }
}
