// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of learning curves and rollouts in files.

import Datasets
import Environments
import Reinforcement
import SparseCore
import SparseTopology
import Testing
import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Curves and rollouts in files")
struct CurveFilesTests {
  /// Runs a body with a new folder and removes it with the files in it.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let base = Paths.environment("TMPDIR") ?? "/tmp"
    var template = Array(Paths.join(base, "espalier-curves-XXXXXX").utf8CString)
    let made = try #require(
      template.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
      })
    defer {
      for name in Paths.list(made) { Paths.remove(Paths.join(made, name)) }
      rmdir(made)
    }
    try body(made)
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try InputFile.contents(of: path, limit: 1 << 24), as: UTF8.self)
  }

  private func session(steps: Int = 600) throws -> AgentSession {
    var recipe = PPO(network: .mlp([8], topology: .erk(density: 0.5)))
    recipe.worlds = 2
    recipe.rolloutLength = 20
    recipe.epochs = 2
    let world = CartPole().timeLimit(50)
    let session = try AgentSession(recipe, in: SerialEnvironments(2, of: world), steps: steps, seed: 3)
    session.evaluation = EvaluationPlan(every: 200) { policy in try evaluate(policy, in: world, episodes: 4, seed: 9) }
    return session
  }

  @Test("a curve reads back as it was written, measures too")
  func roundTrip() throws {
    try withFolder { folder in
      let session = try session()
      try session.run()
      let path = Paths.join(folder, "metrics.csv")
      try LearningCurve(session.curve).writeCSV(to: path)
      let read = try LearningCurve(contentsOf: path)
      #expect(read.points.count == 3)
      #expect(read.points.map(\.step) == session.curve.map(\.step))
      #expect(read.points.map(\.mean) == session.curve.map(\.mean))
      #expect(read.points.map(\.interval) == session.curve.map(\.interval))
      #expect(read.points.map { $0.measures.map(\.value) } == session.curve.map { $0.measures.map(\.value) })
      #expect(try text(path).hasPrefix("step,gradient_steps,mean,low,high,interquartile_mean,connections,policy_loss,"))
      try OutputFile.write("epoch,loss\n1,2\n", to: path)
      #expect(throws: FileError.self) { try LearningCurve(contentsOf: path) }
      try OutputFile.write(
        "step,gradient_steps,mean,low,high,interquartile_mean,connections\n1,2,3,5,4,3,2\n", to: path)
      #expect(throws: FileError.self) { try LearningCurve(contentsOf: path) }
    }
  }

  @Test("the picture names its axes and each of several curves")
  func picture() throws {
    let session = try session()
    try session.run()
    let curve = LearningCurve(session.curve)
    let one = LearningCurve.svg([("mean return", curve)], title: "cartpole  ppo")
    #expect(one.hasPrefix("<svg") && one.contains("cartpole  ppo") && one.contains(">steps<"))
    let two = LearningCurve.svg([("dense", curve), ("sparse", curve)], title: "both")
    #expect(two.contains(">dense<") && two.contains(">sparse<"))
  }

  @Test("the records of a run that stopped and went on are those of a run without a pause")
  func resumed() throws {
    try withFolder { whole in
      try withFolder { parts in
        let straight = try session()
        let records = try AgentRecords(of: straight, in: whole) { 5 }
        try straight.run { try records.take($0) }
        try records.finish(title: "t")

        let first = try session()
        let state = Paths.join(parts, "state.safetensors")
        first.checkpoints = AgentCheckpoints(path: state, every: 240)
        let early = try AgentRecords(of: first, in: parts) { 5 }
        // More is written than the state of step 240 knows of: those lines must go when the run goes on.
        struct Stop: Error {}
        #expect(throws: Stop.self) {
          try first.run { event in
            try early.take(event)
            if case .episode(let report) = event, report.step > 320 { throw Stop() }
          }
        }
        let second = try session()
        try second.restoreState(from: state)
        #expect(second.agent.steps == 240)
        let late = try AgentRecords(of: second, in: parts) { 5 }
        try second.run { try late.take($0) }
        try late.finish(title: "t")
        for name in ["metrics.csv", "episodes.csv", "curve.svg"] {
          #expect(try text(Paths.join(whole, name)) == text(Paths.join(parts, name)), "\(name)")
        }
        let lines = try text(Paths.join(whole, "episodes.csv")).split(separator: "\n")
        #expect(lines.count == straight.episodes + 1 && straight.episodes > 10)
        #expect(Paths.list(whole).contains { $0.hasPrefix("events.out.tfevents.") && $0.hasSuffix(".espalier") })
      }
    }
  }

  @Test("rollouts as a table and as an archive hold the same steps")
  func rollouts() throws {
    try withFolder { folder in
      let policy = try session().agent.policy
      var recording = PolicyRecording()
      let report = try record(policy, in: CartPole().timeLimit(50), episodes: 3, seed: 1) { recording.add($0) }
      #expect(recording.steps.count == report.lengths.reduce(0, +))
      let (table, archive) = (Paths.join(folder, "r.csv"), Paths.join(folder, "r.npz"))
      try recording.write(to: table)
      try recording.write(to: archive)
      let lines = try text(table).split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false)
      }
      #expect(
        lines[0] == [
          "episode", "step", "observation_0", "observation_1", "observation_2", "observation_3", "action_0", "reward",
          "ending",
        ])
      #expect(lines.count == recording.steps.count + 1)
      let first = recording.steps[0]
      #expect(lines[1].dropFirst(2).prefix(5).compactMap { Float($0) } == first.observation + first.action)
      #expect(lines.filter { $0.last == "terminated" || $0.last == "truncated" }.count == 3)
      let tables = try NPZTables(archive)
      #expect(
        Set(tables.entries.map(\.name)).isSuperset(of: ["episodes", "steps", "observations", "actions", "rewards"]))
      let entry = try #require(tables.entries.first { $0.name == "observations" })
      let matrix = try #require(try tables.matrix(entry))
      #expect(matrix.rows == recording.steps.count && matrix.row(0) == first.observation)
      #expect(throws: FileError.self) { try recording.write(to: Paths.join(folder, "r.txt")) }
      #expect(throws: FileError.self) { try PolicyRecording().write(to: table) }
    }
  }
}
