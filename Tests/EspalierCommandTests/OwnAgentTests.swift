// SPDX-License-Identifier: Apache-2.0
// Espalier: the agent of the page is compiled, learns, and goes on to the bit.

import Datasets
import Environments
import Reinforcement
import Testing

@testable import EspalierCommand

@Suite("An agent of one's own")
struct OwnAgentTests {
  private static func text(_ path: String) throws -> String {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    return try Workplace.text(root + "/" + path)
  }

  @Test("every Swift block of the page's chapter stands word for word in the compiled file")
  func page() throws {
    let page = try Self.text("Documentation/Agents.md")
    let code = try Self.text("Tests/EspalierCommandTests/OwnAgent.swift")
    let chapter = try #require(page.components(between: "## An agent of your own", and: "## Differences").first)
    let blocks = chapter.components(between: "```swift\n", and: "```")
    #expect(blocks.count == 5)
    for block in blocks { #expect(code.contains(block), "changed: \(block)") }
  }

  @Test("it finds a policy that is better than most")
  func learns() throws {
    #expect(try searched(steps: 6000, seed: 1) > 150)
  }

  @Test("a search that is cut goes on to the same policy")
  func resume() throws {
    try Workplace.withFolder { folder in
      func session() throws -> AgentSession {
        try AgentSession(
          RandomSearch(), in: SerialEnvironments(1, of: CartPole().timeLimit(500)), steps: 800, seed: 3)
      }
      let (whole, cut, rest) = (try session(), try session(), try session())
      try whole.run()
      cut.isInterrupted = { true }
      let path = Paths.join(folder, "state.safetensors")
      for _ in 0..<321 { try cut.run() }
      try cut.saveState(to: path)
      try rest.restoreState(from: path)
      try rest.run()
      let (first, second) = (Paths.join(folder, "a"), Paths.join(folder, "b"))
      try whole.agent.policy.save(to: first)
      try rest.agent.policy.save(to: second)
      #expect(try Workplace.bytes(first) == Workplace.bytes(second))
      #expect(rest.agent.measures == whole.agent.measures && rest.agent.steps == 800)
    }
  }
}
