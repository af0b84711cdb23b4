// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of counting windows and of their integration.

import Entities
import SparseCore
import Testing

@Suite("Windows of rollouts")
struct WindowTests {
  /// Random rollouts of variables with so many states, in episodes with gaps.
  static func rollouts(_ states: [Int], rows: Int, seed: UInt64, gaps: Bool = true) throws -> BinnedRollouts {
    var random = Random(seed: seed).split("rollouts")
    var episodes: [Range<Int>] = []
    var steps: [Int] = []
    while steps.count < rows {
      let length = min(rows - steps.count, 1 + random.below(12))
      episodes.append(steps.count..<steps.count + length)
      var step = random.below(5)
      for _ in 0..<length {
        steps.append(step)
        step += gaps && random.below(6) == 0 ? 2 : 1
      }
    }
    let columns = states.enumerated().map { index, count in
      RolloutColumn("v\(index)", numbers: (0..<rows).map { _ in Double(random.below(count)) })
    }
    return try RolloutTable(columns: columns, episodes: episodes, steps: steps).binned(BinningPlan(.category))
  }

  @Test("each window of consecutive steps inside an episode is counted once")
  func counting() throws {
    for (seed, states) in [[2, 3], [2], [4, 2, 2], [200, 150]].enumerated() {
      for length in 1...4 {
        let rollouts = try Self.rollouts(states, rows: 300, seed: UInt64(seed))
        var wanted: [[Int]: Int] = [:]
        for episode in rollouts.episodes {
          for first in episode where first + length <= episode.upperBound {
            let rows = first..<first + length
            guard rows.allSatisfy({ rollouts.steps[$0] == rollouts.steps[first] + $0 - first }) else { continue }
            wanted[rows.flatMap { rollouts.values($0) }, default: 0] += 1
          }
        }
        let windows = try rollouts.windows(length: length)
        let got = (0..<windows.count).map { windows.values($0) }
        #expect(windows.total == wanted.values.reduce(0, +))
        #expect(got == wanted.keys.sorted { $0.lexicographicallyPrecedes($1) })
        #expect(windows.counts == got.map { wanted[$0] ?? 0 })
        #expect(windows.nodes.map(\.time) == (0..<length).flatMap { time in states.map { _ in time } })
        #expect(windows.nodes.map(\.place) == (0..<length).flatMap { _ in Array(states.indices) })
        let table = try windows.jointTable()
        #expect(table.entries.map(\.values) == got)
        #expect(
          table.nodes.map(\.name).last == (length == 1 ? "v\(states.count - 1)" : "v\(states.count - 1)@\(length - 1)"))
      }
    }
  }

  @Test("the integration of visited states is that under the plug-in joint table")
  func visited() throws {
    for (seed, states) in [[2, 2, 2], [3, 2, 5], [2, 1, 4]].enumerated() {
      let windows = try Self.rollouts(states, rows: 400, seed: UInt64(seed)).windows(length: 2)
      let table = try windows.jointTable()
      let visited = try windows.integrationOfVisitedStates()
      #expect(visited.count == windows.count && visited.map(\.count) == windows.counts)
      for state in visited {
        let integration = try LocalIntegration(of: SpatiotemporalPattern(trajectory: state.values), in: table)
        #expect(abs(state.integration - (integration.complete ?? 0)) < 1e-9)
        #expect(abs(state.probability - integration.probability(integration.whole)) < 1e-12)
      }
      let few = try windows.integrationOfVisitedStates(most: 7)
      #expect(few.count == 7 && few.allSatisfy { visited.contains($0) })
      #expect((few.map(\.count).min() ?? 0) >= windows.counts.sorted().suffix(8)[windows.count - 8])
      #expect(zip(few, few.dropFirst()).allSatisfy { $0.values.lexicographicallyPrecedes($1.values) })
    }
    #expect(
      try Self.rollouts([2], rows: 50, seed: 1).windows(length: 1).integrationOfVisitedStates().allSatisfy {
        $0.integration == 0
      })
  }

  @Test("too few windows for so many nodes are noted")
  func notes() throws {
    let rollouts = try Self.rollouts([2, 2], rows: 1000, seed: 5, gaps: false)
    #expect(try rollouts.windows(length: 3).notes == [])
    let notes = try rollouts.windows(length: 5).notes
    #expect(notes.count == 1 && notes[0].hasPrefix("10 nodes are many for"))
  }

  @Test("windows that cannot be are refused")
  func refused() throws {
    let rollouts = try Self.rollouts([2, 2], rows: 100, seed: 2)
    #expect(throws: EntityError.self) { try rollouts.windows(length: 0) }
    #expect(throws: EntityError.self) { try rollouts.windows(length: 33) }
    let long = #expect(throws: EntityError.self) { try rollouts.windows(length: 20) }
    #expect(long.map { "\($0)".contains("no episode has so many consecutive steps") } == true)
    let wide = try Self.rollouts([Int](repeating: 2, count: 30), rows: 40, seed: 2)
    #expect(try wide.windows(length: 2).total > 0)
    #expect(throws: EntityError.self) { try wide.windows(length: 2).integrationOfVisitedStates() }
    #expect(throws: EntityError.self) { try rollouts.selecting(["v0", "v0"]) }
    #expect(throws: EntityError.self) { try rollouts.selecting(["w"]) }
    #expect(try wide.selecting(["v3", "v1"]).variables.map(\.name) == ["v3", "v1"])
  }

  @Test("64 bits of values fit a window, and come back")
  func widest() throws {
    let rollouts = try Self.rollouts([Int](repeating: 2, count: 32), rows: 60, seed: 9, gaps: false)
    let windows = try rollouts.windows(length: 2)
    let got = Set((0..<windows.count).map { windows.values($0) })
    for episode in rollouts.episodes where episode.count > 1 {
      #expect(got.contains(rollouts.values(episode.lowerBound) + rollouts.values(episode.lowerBound + 1)))
    }
  }
}
