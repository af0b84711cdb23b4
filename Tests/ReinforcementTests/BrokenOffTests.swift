// SPDX-License-Identifier: Apache-2.0
// Espalier: runs in worlds that cannot be put aside.

import Environments
import FoundationEssentials
import NeuralNetworks
import SparseCore
import Testing
import Training

@testable import Reinforcement

/// A world without an end that shows its step and pays it, and cannot be saved.
private struct Unsavable: Environment {
  let observationSpace = Space.box(1)
  let actionSpace = Space.discrete(2)
  private var number: Float = 0

  mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    number = 0
    observation[0] = 0
  }

  mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    number += 1
    observation[0] = number
    return Step(reward: 1)
  }
}

@Suite("Broken-off episodes")
struct BrokenOffTests {
  /// Steps five times in three worlds, saves, and takes the state up.
  private func resumed(_ recipe: any AgentRecipe) throws -> AgentSession {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("broken-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let worlds = SerialEnvironments(3, of: Unsavable())
    let first = try AgentSession(recipe, in: worlds, steps: 300, seed: 1)
    first.isInterrupted = { [unowned first] in first.agent.steps == 15 }
    try first.run()
    try first.saveState(to: path)
    let second = try AgentSession(recipe, in: worlds, steps: 300, seed: 1)
    try second.restoreState(from: path)
    #expect(second.agent.steps == 15)
    return second
  }

  @Test("sums of rewards do not run from an episode that was broken off into the next one")
  func replay() throws {
    var recipe = DQN(network: .mlp([4]))
    recipe.replay.multiStep = .init(4)
    let session = try resumed(recipe)
    for _ in 0..<4 { try session.step { _ in } }
    let agent = try #require(session.agent as? DQNAgent)
    let buffer = agent.collector.replay.buffer
    #expect(buffer.count == 27)
    for age in 0..<12 {
      let sum = buffer.multiStep(from: buffer.row(ofAge: age), length: 4, discount: 1)
      #expect(sum.reward == Float(min(4, 5 - age / 3)))
      #expect(sum.discount == 1 && buffer.next[sum.last, 0] == Float(min(age / 3 + 4, 5)))
    }
  }

  @Test("advantages do not run from an episode that was broken off into the next one")
  func rollout() throws {
    var recipe = PPO(network: .mlp([4]))
    (recipe.rolloutLength, recipe.discount) = (8, 0.5)
    let session = try resumed(recipe)
    let agent = try #require(session.agent as? PPOAgent)
    let (rewards, ends) = (agent.rollout.rewards, agent.rollout.ends)
    #expect(ends[12..<15].allSatisfy { $0 } && !ends[..<12].contains(true))
    var matrix = Matrix(rows: 1, columns: 1)
    matrix[0, 0] = 5
    let value = agent.critic.network.predict(matrix, workers: Workers(threads: 1))[0, 0]
    for world in 0..<3 {
      #expect(rewards[9 + world] == 1 && abs(rewards[12 + world] - (1 + 0.5 * value)) < 1e-5)
    }
    #expect(try session.run() == .completed)
  }

  @Test("returns do not run from an episode that was broken off into the next one")
  func paths() throws {
    var recipe = REINFORCE(network: .mlp([4]))
    recipe.mostSteps = 30
    let session = try resumed(recipe)
    let agent = try #require(session.agent as? REINFORCEAgent)
    #expect(agent.paths.allSatisfy { $0.whole == 5 && $0.ends == [false, false, false, false, true] })
    #expect(try session.run() == .completed)
  }
}
