// SPDX-License-Identifier: Apache-2.0
// Espalier: the same seed gives the same bytes, on any number of threads and after a restart.

import Datasets
import Environments
import FoundationEssentials
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Reinforcement
@testable import Training

@Suite("Agents on disk")
struct AgentResumeTests {
  private static func runs() -> [SmallRun] { SmallRun.all() }
  private static let count = runs().count

  /// A path in a folder of its own, removed afterwards.
  private func withFile(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("agent-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.appendingPathComponent("state.safetensors").path)
  }

  private func fuzz(_ run: SmallRun) throws -> AgentFuzz {
    try AgentFuzz(run.recipe, in: run.worlds, steps: run.steps, stop: 70)
  }

  private func plan(_ run: SmallRun) -> EvaluationPlan? {
    guard run.name == "dqn" || run.name == "ppo" else { return nil }
    return EvaluationPlan(every: 100) { try evaluate($0, in: CartPole().timeLimit(50), episodes: 3, seed: 9) }
  }

  @Test("two runs, and runs on other threads, give the same bytes", arguments: 0..<count)
  func determinism(_ index: Int) throws {
    let run = Self.runs()[index]
    var (bytes, returns): ([[UInt8]], [[Double]]) = ([], [])
    for threads in [1, 1, 2] {
      let session = try run.session(threads: threads)
      try session.run()
      bytes.append(try session.agent.stateBytes)
      returns.append(session.recentReturns)
      #expect(session.agent.gradientSteps > 0 && session.episodes > 3)
    }
    #expect(bytes.allSatisfy { $0 == bytes[0] } && returns.allSatisfy { $0 == returns[0] }, "\(run.name)")
    let other = try run.session(seed: 2)
    try other.run()
    #expect(try other.agent.stateBytes != bytes[0], "\(run.name)")
  }

  @Test("a run that was stopped anywhere goes on as if it had not been", arguments: 0..<count)
  func resuming(_ index: Int) throws {
    let run = Self.runs()[index]
    let whole = try run.session()
    whole.evaluation = plan(run)
    try whole.run()
    for stop in [0, 137, run.steps * 5 / 6 + 3] {
      try withFile { path in
        let first = try run.session()
        first.evaluation = plan(run)
        if stop > 0 {
          first.isInterrupted = { [unowned first] in first.agent.steps >= stop }
          #expect(try first.run() == .interrupted)
        }
        try first.saveState(to: path)
        let second = try run.session(threads: 2)
        second.evaluation = plan(run)
        try second.restoreState(from: path)
        #expect(try second.agent.stateBytes == first.agent.stateBytes)
        #expect(second.seconds == first.seconds)
        #expect(try second.run() == .completed)
        #expect(try second.agent.policyBytes == whole.agent.policyBytes, "\(run.name) stopped at \(stop)")
        #expect(try second.agent.stateBytes == whole.agent.stateBytes, "\(run.name) stopped at \(stop)")
        #expect(second.recentReturns == whole.recentReturns && second.episodes == whole.episodes)
        #expect(second.curve == whole.curve)
        #expect(second.agent.modules == whole.agent.modules)
      }
    }
    #expect(whole.curve.count == (plan(run) == nil ? 0 : run.steps / 100))
  }

  @Test("a target of its own may have other counts than a network that has been pruned since")
  func prunedTargets() throws {
    let network = NetworkRecipe.mlp([12, 10], topology: .uniform(density: 0.6))
    for evolution in [Evolution.gmp(to: 0.2, every: .steps(3)), .dsr(every: .steps(3))] {
      var recipe = DQN(network: network, evolution: evolution)
      (recipe.learningStart, recipe.trainInterval, recipe.gradientSteps, recipe.batchSize) = (40, 4, 4, 16)
      (recipe.targetTopology, recipe.targetInterval) = (.own, 150)
      let run = SmallRun(name: "pruned", recipe: recipe, worlds: SerialEnvironments(1, of: CartPole().timeLimit(50)))
      let whole = try run.session()
      try whole.run()
      for stop in [141, 203, 290] {
        try withFile { path in
          let first = try run.session()
          first.isInterrupted = { [unowned first] in first.agent.steps >= stop }
          try first.run()
          try first.saveState(to: path)
          let second = try run.session()
          try second.restoreState(from: path)
          try second.run()
          #expect(try second.agent.stateBytes == whole.agent.stateBytes)
        }
      }
    }
  }

  @Test("a state of another run is refused in words", arguments: 0..<count)
  func refusals(_ index: Int) throws {
    let run = Self.runs()[index]
    try withFile { path in
      let first = try run.session()
      first.isInterrupted = { [unowned first] in first.agent.steps >= 50 }
      try first.run()
      try first.saveState(to: path)
      var others = [try run.session(seed: 2), try run.session(steps: run.steps + 1)]
      for (place, other) in Self.runs().enumerated() where place != index { others.append(try other.session()) }
      for other in others {
        do {
          try other.restoreState(from: path)
          Issue.record("\(run.name) was taken up by another run")
        } catch AgentError.state(let expected, let got) {
          #expect(!expected.isEmpty && !got.isEmpty && expected != got)
        }
      }
      #expect(throws: FileError.self) { try run.session().restoreState(from: path + "x") }
      try Data("nothing".utf8).write(to: URL(filePath: path))
      #expect(throws: FileError.self) { try run.session().restoreState(from: path) }
    }
  }

  @Test("damaged states are refused or run on, and never stop the program", arguments: 0..<count)
  func damagedStates(_ index: Int) throws {
    let fuzz = try fuzz(Self.runs()[index])
    var mutator = Mutator(seed: UInt64(index))
    var (refused, accepted) = (0, 0)
    for choice in 0..<24 {
      let bytes = ModelFuzz.damage(fuzz.state, by: &mutator, choice: choice)
      do {
        try fuzz.restore(bytes)
        accepted += 1
      } catch let error as AgentError {
        refused += 1
        #expect(!error.description.isEmpty)
      } catch let error as FileError {
        refused += 1
        #expect(!error.description.isEmpty)
      }
    }
    #expect(refused > 4 && refused + accepted == 24)
  }

  @Test("damaged policies are refused or act, and never stop the program", arguments: 0..<count)
  func damagedPolicies(_ index: Int) throws {
    let fuzz = try fuzz(Self.runs()[index])
    var mutator = Mutator(seed: UInt64(index))
    var refused = 0
    for choice in 0..<60 {
      do throws(FileError) {
        #expect(try fuzz.act(ModelFuzz.damage(fuzz.policy, by: &mutator, choice: choice)))
      } catch {
        refused += 1
        #expect(!error.description.isEmpty)
      }
    }
    #expect(refused > 12)
  }
}
