// SPDX-License-Identifier: Apache-2.0
// Espalier: what a session does with worlds that break their promises, and with observers that throw.

import Environments
import NeuralNetworks
import SparseCore
import Testing
import Training

@testable import Reinforcement

/// A world that gives something bad at its fifth step.
struct HostileWorld: Environment {
  enum Fault: CaseIterable { case observation, finalObservation, reward, hugeReward, choice, first }
  var fault: Fault
  var observationSpace = Space.box(2, from: -1, to: 1)
  var actionSpace = Space.discrete(2)
  var bad = Float.nan
  private var elapsed = 0

  init(_ fault: Fault, actions: Space = .discrete(2), bad: Float = .nan) {
    (self.fault, actionSpace, self.bad) = (fault, actions, bad)
    if fault == .choice { observationSpace = .tuple([.box(1), .discrete(3, start: 2)]) }
  }

  mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    observation[0] = 0
    observation[1] = fault == .first ? bad : fault == .choice ? 2 : 0
  }

  mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    elapsed += 1
    let isBad = elapsed >= 5
    observation[0] = isBad && (fault == .observation || fault == .finalObservation) ? bad : 0
    observation[1] = fault == .choice ? (isBad ? bad : 3) : 0
    let reward = isBad && fault == .reward ? Double(bad) : isBad && fault == .hugeReward ? 1e300 : 1
    return Step(reward: reward, ending: isBad && fault == .finalObservation ? .truncated : nil)
  }
}

@Suite("Agent sessions")
struct AgentSessionTests {
  private func recipe(for actions: Space) -> [any AgentRecipe] {
    let network = NetworkRecipe.mlp([8])
    if case .box = actions {
      return [PPO(network: network), TD3(actor: network, critic: network), SAC(actor: network, critic: network)]
    }
    return [DQN(network: network), PPO(network: network), REINFORCE(network: network)]
  }

  @Test("a number that is not finite is an error of the world, named", arguments: HostileWorld.Fault.allCases)
  func hostile(_ fault: HostileWorld.Fault) throws {
    let kinds: [Float] = fault == .choice ? [.nan, 5, 1, 2.5, 1e30] : [.nan, .infinity, -.infinity]
    for bad in kinds {
      for actions in [Space.discrete(2), .box(1, from: -1, to: 1)] {
        for recipe in recipe(for: actions) {
          let worlds = SerialEnvironments([HostileWorld(fault, actions: actions, bad: bad)])
          let session = try AgentSession(recipe, in: worlds, steps: 50, seed: 1)
          do {
            try session.run()
            Issue.record("\(recipe.algorithm) learned from \(fault) of \(bad)")
          } catch AgentError.environment(.broken(let environment, let expected, let got)) {
            #expect(environment == "world 0" && !expected.isEmpty)
            #expect(got.contains(fault == .hugeReward ? "1e+300" : "\(bad)"), "\(got)")
            #expect(session.agent.steps == (fault == .first ? 0 : 4))
          }
        }
      }
    }
  }

  @Test("an evaluation refuses such numbers too", arguments: HostileWorld.Fault.allCases)
  func hostileEvaluation(_ fault: HostileWorld.Fault) throws {
    let world = HostileWorld(fault)
    let session = try AgentSession(
      DQN(network: .mlp([4])), in: SerialEnvironments([world]), steps: 10, seed: 1)
    let policy = try session.agent.policy
    #expect {
      try evaluate(policy, in: world, episodes: 1)
    } throws: { error in
      guard case AgentError.environment(.broken) = error else { return false }
      return true
    }
  }

  @Test("numbers beyond a box are let through")
  func beyond() throws {
    let session = try AgentSession(
      PPO(network: .mlp([4])), in: SerialEnvironments([HostileWorld(.observation, bad: 7)]), steps: 50, seed: 1)
    #expect(try session.run() == .completed)
  }

  @Test("an observer that throws leaves the counts of all worlds whole")
  func throwing() throws {
    struct Stop: Error {}
    let worlds = SerialEnvironments(3, of: EndlessReward(length: 4))
    let session = try AgentSession(PPO(network: .mlp([4])), in: worlds, steps: 120, seed: 1)
    #expect(throws: Stop.self) { try session.run { _ in throw Stop() } }
    #expect(session.agent.steps == 12)
    #expect(session.episodes == 3 && session.recentReturns == [4, 4, 4])
    var reports: [EpisodeReport] = []
    try session.run { if case .episode(let report) = $0 { reports.append(report) } }
    #expect(reports.allSatisfy { $0.length == 4 && $0.reward == 4 })
    #expect(reports.map(\.index) == Array(3..<30))
  }

  @Test("a policy is not evaluated where observations are read in another way")
  func otherSpaces() throws {
    let worlds = SerialEnvironments([IdentityTask(.choice(4))])
    let policy = try AgentSession(DQN(network: .mlp([4])), in: worlds, steps: 10, seed: 1).agent.policy
    struct Other: Environment {
      let observationSpace = Space.box(4, from: 0, to: 1)
      let actionSpace = Space.discrete(4)
      mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {}
      mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
        Step(reward: 0, ending: .terminated)
      }
    }
    #expect(throws: AgentError.self) { try evaluate(policy, in: Other(), episodes: 1) }
    #expect(throws: AgentError.self) { try evaluate(policy, in: IdentityTask(.choices([2, 2])), episodes: 1) }
    #expect(throws: AgentError.self) { try evaluate(policy, in: IdentityTask(.choice(3)), episodes: 1) }
    #expect(try evaluate(policy, in: IdentityTask(.choice(4)), episodes: 2).returns.count == 2)
  }

  @Test("schedules stretch over all planned gradient steps, within a hundredth")
  func spans() {
    for steps in Array(1...1000) + [1999, 12_345, 1_000_001] {
      let span = AgentCore.span(steps)
      #expect(span.totalSteps >= steps && span.totalSteps < steps + span.stepsPerEpoch, "\(steps)")
      #expect(span.totalSteps - steps <= max(0, steps / 67), "\(steps)")
      #expect(span.epochs <= 150 && (steps < 100 || span.epochs >= 66), "\(steps)")
    }
  }
}
