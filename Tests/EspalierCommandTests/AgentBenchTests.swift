// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier agent bench`, with a shell script in the place of the Python side.

import ArgumentParser
import Datasets
import Environments
import SparseCore
import Testing

@testable import EspalierCommand

@Suite("espalier agent bench")
struct AgentBenchTests {
  @Test("a pair is measured in turn, and the ratio is theirs over ours")
  func pairs() throws {
    var (ours, theirs) = (0, [Int]())
    let pair = try BenchPair(
      threads: 1, repeats: 4, ours: { ours += 1 },
      theirs: { runs in
        theirs.append(runs)
        return 2
      })
    #expect(pair.theirs?.median == 2 && pair.ours.median < 0.01)
    // One run tells how many make a measurement: a run of two seconds stands alone.
    #expect(theirs == [1, 1, 1, 1, 1] && ours > 8)
    #expect(try BenchPair(threads: 2, repeats: 3, ours: {}, theirs: nil).theirs == nil)
    struct Broken: Error {}
    #expect(throws: Broken.self) { try BenchPair(threads: 1, repeats: 3, ours: { throw Broken() }, theirs: nil) }
  }

  @Test("every environment can be stepped on and on", arguments: EnvironmentCatalogue.entries.map(\.name))
  func environments(_ name: String) throws {
    let subject = try StepsCase(try #require(EnvironmentCatalogue.entry(name)))
    for _ in 0..<3 { try subject.run() }
  }

  @Test("a gradient step a step, once the first have been gathered")
  func gradients() throws {
    for sparsity in [0.9, 0] {
      let subject = try GradientCase(hidden: [16, 16], sparsity: sparsity, workers: Workers(threads: 1))
      let before = subject.gradientSteps
      for _ in 0..<5 { try subject.run() }
      #expect(before > 0 && subject.gradientSteps == before + 5)
      // 17-16-16-12 and twice 23-16-16-1 when dense.
      let dense = 17 * 16 + 16 * 16 + 16 * 12 + 2 * (23 * 16 + 16 * 16 + 16)
      #expect(sparsity == 0 ? subject.connections == dense : subject.connections < dense / 8)
    }
  }

  @Test("the cases that the Python side gets, and one that it cannot run")
  func peers() throws {
    let script = """
      while read request rest; do
        case "$request" in
          open)
            cp "$rest/case.json" "$(dirname "$0")/seen.json"
            grep -q environment "$rest/case.json" && echo "peer gymnasium steps" || echo "absent stable-baselines3 not-installed"
            echo end ;;
          run) echo "took 0.5" ;;
          close) echo closed ;;
        esac
      done
      """
    try Workplace.withFolder { folder in
      let path = Paths.join(folder, "agents.sh")
      try OutputFile.write(script + "\n", to: path)
      func bench(_ part: String) throws -> AgentBenchCommand {
        try AgentBenchCommand.parse(
          ["--parts", part, "--python", "/bin/sh", "--script", path, "--repeats", "3", "--hidden", "8-8"])
      }
      let lines = try bench("environments").environments()
      let cart = try #require(lines.first { $0.name == "cartpole" })
      // A run is a thousand steps.
      #expect(cart.theirs?.median == 0.0005 && cart.ours.median < 0.0005)
      #expect(lines.first { $0.name == "bandit" }?.theirs == nil)
      let learning = try bench("learning").learning()
      #expect(learning.count == 2 && learning.allSatisfy { $0.theirs == nil && $0.ours.median > 0 })
      let seen = try JSONValue(parsing: Workplace.text(Paths.join(folder, "seen.json")))
      #expect(seen["kind"]?.asString == "sac" && seen["hidden"]?.asArray?.compactMap(\.asInt) == [8, 8])
      #expect(seen["observations"]?.asInt == 17 && seen["actions"]?.asInt == 6 && seen["batch"]?.asInt == 256)
    }
    for wrong in [["--sparsity", "1"], ["--threads", "0"], ["--parts", "all"], ["--hidden", "a"]] {
      #expect(Workplace.status { _ = try AgentBenchCommand.parse(wrong) } == .usage, "\(wrong)")
    }
  }
}
