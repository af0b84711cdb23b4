// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of fitting chains to rollouts, and of what to compare with.

import Entities
import SparseCore
import Testing

@Suite("Chains fitted to rollouts")
struct FitTests {
  /// A chain of three binary variables: the second copies the first with an error, the third is a fair coin, the first stays.
  private static func chain(rows: Int, episodes: Int, seed: UInt64) throws -> BinnedRollouts {
    var random = Random(seed: seed).split("chain")
    var columns = [[Double]](repeating: [], count: 3)
    var ranges: [Range<Int>] = []
    for episode in 0..<episodes {
      var state = [random.below(2), random.below(2), random.below(2)]
      for _ in 0..<rows {
        for (column, value) in state.enumerated() { columns[column].append(Double(value)) }
        state = [
          random.uniformDouble() < 0.9 ? state[0] : 1 - state[0],
          random.uniformDouble() < 0.8 ? state[0] : 1 - state[0], random.below(2),
        ]
      }
      ranges.append(episode * rows..<(episode + 1) * rows)
    }
    let table = RolloutTable(
      columns: ["a", "b", "c"].enumerated().map { RolloutColumn($1, numbers: columns[$0]) }, episodes: ranges)
    return try table.binned(BinningPlan(.category))
  }

  @Test("small counts by hand: pooled over pairs inside episodes, smoothed")
  func byHand() throws {
    let table = RolloutTable(
      columns: [RolloutColumn("a", numbers: [0, 0, 1, 0, 1, 1])], episodes: [0..<4, 4..<6])
    let binned = try table.binned(BinningPlan(.category))
    let fitted = try binned.fit(timeSteps: 3)
    // Pairs 00, 01, 10 and 11; no pair from the fourth row to the fifth.
    #expect(fitted.transitions == 4 && fitted.starts == 6)
    let tables = fitted.chain.network.tables
    #expect(tables[1].values == [0.5, 0.5, 0.5, 0.5] && tables[1].parents == [0])
    #expect(zip(tables[0].values, [3.25 / 6.5, 3.25 / 6.5]).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(fitted.tables == [FittedTable(variable: 0, parents: [0], rows: 2, visitedRows: 2, leastCount: 2)])
    let starts = try binned.fit(timeSteps: 2, smoothing: 0, start: .episodeStarts)
    #expect(starts.chain.network.tables[0].values == [0.5, 0.5] && starts.starts == 2)
    let other = RolloutTable(columns: [RolloutColumn("a", numbers: [0, 0, 0, 1])])
    let unseen = try other.binned(BinningPlan(.category)).fit(timeSteps: 2, smoothing: 0)
    #expect(unseen.chain.network.tables[1].values.map { ($0 * 3).rounded() } == [2, 1, 2, 2])
    #expect(unseen.chain.network.tables[1].values[2] == 0.5)
    #expect(unseen.notes == ["a: 1 of 2 choices of its parents were never seen"])
    #expect(unseen.tables[0].visitedRows == 1)
  }

  @Test("a known chain is recovered within five standard errors")
  func recovers() throws {
    let rollouts = try Self.chain(rows: 500, episodes: 40, seed: 7)
    for parents in [ParentChoice.all, .informative(1), .chosen([[0], [0], []])] {
      let fitted = try rollouts.fit(timeSteps: 3, parents: parents)
      #expect(fitted.transitions == 40 * 499)
      for (node, value) in [(0, 0.9), (1, 0.8)] {
        let same = try [0, 1].map { state in
          let both = try fitted.chain.probability(
            of: SpatiotemporalPattern(nodes: [0, 3 + node], values: [state, state]))
          return try both / fitted.chain.probability(of: SpatiotemporalPattern(nodes: [0], values: [state]))
        }
        for share in same { #expect(abs(share - value) < 5 * (0.25 / 8000).squareRoot(), "\(parents)") }
      }
      let coin = try fitted.chain.probability(of: SpatiotemporalPattern(nodes: [2, 5], values: [1, 1]))
      #expect(abs(coin - 0.25) < 5 * (0.19 / 20_000).squareRoot())
    }
  }

  @Test("the most informative parents are those that are")
  func informative() throws {
    let rollouts = try Self.chain(rows: 500, episodes: 40, seed: 11)
    let fitted = try rollouts.fit(timeSteps: 2, parents: .informative(2))
    #expect(fitted.tables.map(\.parents) == [[0], [0, 1], [2]])
    #expect(try rollouts.fit(timeSteps: 2, parents: .informative(0)).tables.map(\.parents) == [[0], [1], [2]])
  }

  @Test("surrogates keep how frequent each state is and lose what ties variables; the same seed gives the same")
  func surrogates() throws {
    let rollouts = try Self.chain(rows: 500, episodes: 20, seed: 3)
    let surrogate = rollouts.surrogate(Random(seed: 1))
    #expect(surrogate.variables.map(\.counts) == rollouts.variables.map(\.counts))
    #expect(surrogate == rollouts.surrogate(Random(seed: 1)) && surrogate != rollouts.surrogate(Random(seed: 2)))
    func mean(_ rollouts: BinnedRollouts) throws -> Double {
      try rollouts.selecting(["a", "b"]).windows(length: 1).integrationOfVisitedStates()
        .reduce(0) { $0 + $1.probability * $1.integration }
    }
    // The mean integration of pairs is their mutual information: 1 − h(0.74) = 0.17 bits for a copy of what stays with 0.9.
    #expect(try mean(rollouts) > 0.1 && mean(surrogate) < 0.002)
  }

  @Test("resampling draws whole episodes, or blocks of the one episode")
  func resampling() throws {
    let rollouts = try Self.chain(rows: 20, episodes: 30, seed: 3)
    let drawn = rollouts.resampled(Random(seed: 4))
    #expect(drawn.episodes.count == 30 && drawn.count == 600 && drawn != rollouts)
    let known = Set(rollouts.episodes.map { range in range.map { rollouts.values($0) } })
    let got = drawn.episodes.map { range in range.map { drawn.values($0) } }
    #expect(got.allSatisfy { known.contains($0) } && Set(got).count < 30)
    #expect(drawn.variables.allSatisfy { $0.counts.reduce(0, +) == 600 })
    let single = try Self.chain(rows: 90, episodes: 1, seed: 3)
    let blocks = single.resampled(Random(seed: 4), blockLength: 20)
    #expect(blocks.episodes == [0..<20, 20..<40, 40..<60, 60..<80, 80..<90])
    let all = (0..<90).map { single.values($0) }
    for block in blocks.episodes {
      #expect(
        (0...90 - block.count).contains { start in
          block.allSatisfy { blocks.values($0) == all[start + $0 - block.lowerBound] }
        })
    }
    #expect(single.resampled(Random(seed: 4)).episodes.count == 10)
  }

  @Test("what cannot be fitted is refused")
  func refused() throws {
    let rollouts = try Self.chain(rows: 20, episodes: 2, seed: 3)
    #expect(throws: EntityError.self) { try rollouts.fit(timeSteps: 0) }
    #expect(throws: EntityError.self) { try rollouts.fit(timeSteps: 2, smoothing: -1) }
    #expect(throws: EntityError.self) { try rollouts.fit(timeSteps: 2, smoothing: .nan) }
    #expect(throws: EntityError.self) { try rollouts.fit(timeSteps: 2, parents: .chosen([[0], [0]])) }
    #expect(throws: EntityError.self) { try rollouts.fit(timeSteps: 2, parents: .chosen([[0], [0], [3]])) }
    #expect(throws: EntityError.self) { try rollouts.fit(timeSteps: 2, parents: .chosen([[0], [0], [1, 1]])) }
    #expect(throws: EntityError.self) { try rollouts.fit(timeSteps: 2, parents: .informative(-1)) }
    #expect(try ParentChoice(parsing: "all") == .all && ParentChoice(parsing: "informative:3") == .informative(3))
    for text in ["", "al", "informative", "informative:-1", "informative:x"] {
      #expect(throws: EntityError.self, "\(text)") { try ParentChoice(parsing: text) }
    }
    let wide = try WindowTests.rollouts([Int](repeating: 2, count: 21), rows: 50, seed: 1)
    #expect(throws: EntityError.self) { try wide.fit(timeSteps: 2) }
    #expect(throws: EntityError.self) { try wide.fit(timeSteps: 2, parents: .informative(1)) }
    let lonely = RolloutTable(columns: [RolloutColumn("a", numbers: [0, 1])], episodes: [0..<1, 1..<2])
    let error = try #require(
      #expect(throws: EntityError.self) { try lonely.binned(BinningPlan(.category)).fit(timeSteps: 2) })
    #expect("\(error)".contains("no episode has two consecutive steps"))
  }
}
