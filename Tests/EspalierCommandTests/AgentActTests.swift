// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of what the tool does with saved policies.

import ArgumentParser
import Datasets
import Environments
import Reinforcement
import SparseCore
import SparseTopology
import Testing

@testable import EspalierCommand

@Suite("Saved policies")
struct AgentActTests {
  /// A policy of the cart and the pole that has learned nothing.
  private func policy(_ facts: [(name: String, value: String)] = []) throws -> Policy {
    let session = try AgentSession(
      PPO(network: .mlp([8], topology: .erk(density: 0.5))), in: SerialEnvironments(1, of: CartPole()), steps: 1,
      seed: 2)
    var policy = try session.agent.policy
    policy.facts = facts
    return policy
  }

  private func withPolicy(
    _ facts: [(name: String, value: String)] = [("environment", "cartpole"), ("time_limit", "30")],
    _ body: (String) throws -> Void
  ) throws {
    try Workplace.withFolder { folder in
      try policy(facts).save(to: Paths.join(folder, "policy.safetensors"))
      try body(folder)
    }
  }

  @Test("lines become actions, in JSON or plain, and wrong ones are named")
  func lines() throws {
    let policy = try policy()
    let wanted = PolicyRunner(policy).act(on: [0.1, -0.2, 0.03, 1])[0]
    let plain = LineActor(policy, choice: .best, seed: 0, writesJSON: false)
    for line in ["0.1 -0.2 0.03 1", "0.1,-0.2,0.03,1", "[0.1, -0.2, 3e-2, 1]", "  0.1\t-0.2 , 0.03 1.0\r"] {
      #expect(try plain.answer(line, 1) == "\(Int(wanted))", "\(line)")
    }
    #expect(try plain.answer("", 1) == nil && plain.answer("  ", 1) == nil)
    let json = LineActor(policy, choice: .best, seed: 0, writesJSON: true)
    #expect(try json.answer("[0.1,-0.2,0.03,1]", 1) == "[\(Int(wanted))]")
    for (line, words) in [
      ("1 2 3", "line 7: expected 4 numbers, a value of"), ("1 2 x 4", "line 7: expected a finite number, got 'x'"),
      ("1 2 nan 4", "got 'nan'"), ("[1, 2, 3, 4", "expected a JSON array"),
      ("[1, 2, [3], 4]", "a JSON array of numbers"),
      ("[]", "got 0"),
    ] {
      #expect {
        try plain.answer(line, 7)
      } throws: { error in
        "\(error)".contains(words) && CommandError(error)?.status == .badData
      }
    }
  }

  @Test("choices that are none are refused, numbers outside a box are not")
  func spaces() throws {
    let session = try AgentSession(
      PPO(network: .mlp([4])), in: SerialEnvironments(1, of: FrozenLake()), steps: 1, seed: 2)
    let actor = LineActor(try session.agent.policy, choice: .best, seed: 0, writesJSON: false)
    #expect(try actor.answer("15", 1) != nil)
    for wrong in ["16", "-1", "0.5"] {
      #expect(throws: CommandError.self) { try actor.answer(wrong, 1) }
    }
    let cart = LineActor(try policy(), choice: .best, seed: 0, writesJSON: false)
    #expect(try cart.answer("1000 0 0 0", 1) != nil)
  }

  @Test("drawn actions follow the seed")
  func drawn() throws {
    let policy = try policy()
    func actions(_ seed: UInt64) throws -> [String?] {
      let actor = LineActor(policy, choice: .drawn, seed: seed, writesJSON: false)
      return try (0..<40).map { try actor.answer("0 0 0 0", $0) }
    }
    #expect(try actions(1) == actions(1))
    #expect(try actions(1) != actions(2))
    #expect(Set(try actions(1)).count == 2)
  }

  /// The tool beside the tests.
  private static let tool = Paths.join(Paths.folder(of: CommandLine.arguments[0]), "espalier")

  @Test("the tool answers line by line until its input ends", .enabled(if: Paths.exists(tool)))
  func server() throws {
    try withPolicy { folder in
      let runner = PolicyRunner(try policy())
      let server = try LineProcess(Self.tool, ["agent", "act", folder])
      // Each answer comes before the next question is asked.
      for angle in [-0.1, 0, 0.1] {
        let wanted = runner.act(on: [0, 0, Float(angle), 0])[0]
        #expect(try server.ask("0 0 \(angle) 0") == "\(Int(wanted))")
      }
      let tolerant = try LineProcess(Self.tool, ["agent", "act", folder, "--keep-going", "--json"])
      try tolerant.send("no observation")
      #expect(try tolerant.ask("[0, 0, 0, 0]").hasPrefix("["))
      let strict = try LineProcess(Self.tool, ["agent", "act", folder])
      try strict.send("1 2 3")
      let ended = #expect(throws: CommandError.self) { try strict.line() }
      #expect(ended?.description.contains("code 65") == true)
    }
  }

  @Test("a policy is judged where it learned, or where it is told")
  func evaluation() throws {
    try withPolicy { folder in
      func evaluate(_ arguments: [String]) throws -> (report: Reinforcement.EvaluationReport, world: String) {
        try AgentEvaluateCommand.parse([folder, "--episodes", "5"] + arguments).execute()
      }
      let (report, world) = try evaluate([])
      #expect(world == "cartpole" && report.returns.count == 5 && report.lengths.max() ?? 99 <= 30)
      #expect(
        try report
          == Reinforcement.evaluate(policy(), in: CartPole().timeLimit(30), episodes: 5, seed: 10_000))
      #expect(try evaluate(["--drawn"]).report != report)
      #expect(try evaluate(["--seed", "3"]).report != report)
      let object = AgentEvaluateCommand.object(report, world, 10_000)
      #expect(object["returns"]?.asArray?.count == 5 && object["mean_return"]?.asDouble == report.statistics.mean)
      #expect(AgentEvaluateCommand.table(report, world).contains("mean return"))
      #expect(Workplace.status { _ = try evaluate(["--env", "pendulum"]) } == .usage)
      #expect(Workplace.status { _ = try evaluate(["--env", "cartpol"]) } == .usage)
      #expect(Workplace.status { _ = try evaluate(["--episodes", "0"]) } == .usage)
    }
    try withPolicy([]) { folder in
      #expect(Workplace.status { _ = try AgentEvaluateCommand.parse([folder]).execute() } == .usage)
    }
    #expect(Workplace.status { _ = try AgentEvaluateCommand.parse(["/no/policy"]).execute() } == .inputMissing)
    try SampleRun.withFolder { folder in
      let model = Paths.join(folder, "model.safetensors")
      #expect(Workplace.status { _ = try AgentEvaluateCommand.parse([model]).execute() } == .badData)
    }
  }

  @Test("rollouts are written as told")
  func record() throws {
    try withPolicy { folder in
      let out = Paths.join(folder, "rollouts.csv")
      let recording = try AgentRecordCommand.parse([folder, "--episodes", "2", "--out", out]).execute()
      #expect(try Workplace.text(out).split(separator: "\n").count == recording.steps.count + 1)
      let archive = Paths.join(folder, "rollouts.npz")
      #expect(try AgentRecordCommand.parse([folder, "--episodes", "2", "--out", archive]).execute() == recording)
      #expect(Paths.exists(archive))
      #expect(Workplace.status { _ = try AgentRecordCommand.parse([folder, "--out", "r.txt"]).execute() } == .usage)
    }
  }

  @Test("every environment and algorithm is listed")
  func list() throws {
    let objects = try AgentListCommand.objects()
    #expect(objects.count == EnvironmentCatalogue.entries.count + AgentAlgorithm.allCases.count)
    let text = try AgentListCommand.text()
    for entry in EnvironmentCatalogue.entries {
      #expect(text.contains(entry.name))
      let object = try #require(objects.first { $0["name"]?.asString == entry.name })
      #expect(object["algorithm"]?.asString != nil)
    }
    #expect(objects.first?["observations"]?.asString?.hasPrefix("Box(4") == true)
    #expect(objects.first?["time_limit"]?.asInt == 500)
  }

  @Test(
    "a field that is missing between commas, or behind the last, is no number; what came is shown without control characters"
  )
  func fields() throws {
    let actor = LineActor(try policy(), choice: .best, seed: 0, writesJSON: false)
    #expect(try actor.answer("0, 0 ,0.1,\t0\r", 1) != nil)
    #expect(try actor.answer("0 0\t0.1  0", 1) != nil)
    for line in ["0,,0,0.1,0", "0,0,0.1,0,", ",0,0,0.1,0"] {
      #expect(throws: CommandError.self, "\(line)") { try actor.answer(line, 2) }
    }
    let error = try #require(throws: CommandError.self) { try actor.answer("\u{1B}[31m 0 0 0", 3) }
    #expect(!error.description.contains("\u{1B}") && error.description.contains("·"), "\(error)")
  }

  @Test("a line that is too long for an observation is refused unread")
  func longLines() throws {
    let actor = LineActor(try policy(), choice: .best, seed: 0, writesJSON: false)
    let error = try #require(throws: CommandError.self) {
      try actor.answer(String(repeating: "1 ", count: 1_000_000), 7)
    }
    #expect(error.description.contains("line 7") && error.description.contains("2000000"), "\(error)")
    #expect(try actor.answer("0.123456789 -0.12345678901234567890 1e-12 0", 1) != nil)
  }
}
