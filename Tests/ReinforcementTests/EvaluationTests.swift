// SPDX-License-Identifier: Apache-2.0
// Espalier: returns in a few numbers, and episodes with fixed seeds.

import Datasets
import Environments
import FoundationEssentials
import NeuralNetworks
import SparseCore
import Testing

@testable import Reinforcement
@testable import Training

@Suite("Evaluation")
struct EvaluationTests {
  @Test("interquartile means agree with those by hand")
  func interquartile() {
    // 4: the middle two. 5: three quarters of the second and the fourth, and the third. 7: a quarter of the second and the
    // sixth, and the three between. 8: the middle four.
    #expect(ReturnStatistics([4, 1, 100, 3]).interquartileMean == 3.5)
    #expect(abs(ReturnStatistics([5, 1, 2, 4, 100]).interquartileMean - (0.75 * 2 + 4 + 0.75 * 5) / 2.5) < 1e-12)
    #expect(
      abs(ReturnStatistics([7, 6, 5, 4, 3, 2, 1]).interquartileMean - 4) < 1e-12)
    #expect(
      abs(ReturnStatistics([0, 1, 5, 7, 8, 9, 90]).interquartileMean - (0.25 * 1 + 5 + 7 + 8 + 0.25 * 9) / 3.5) < 1e-12)
    #expect(ReturnStatistics([8, 1, 2, 3, 5, 6, 7, 1000]).interquartileMean == 5.25)
    #expect(ReturnStatistics([3]).interquartileMean == 3)
    #expect(ReturnStatistics([1, 2]).interquartileMean == 1.5)
  }

  @Test("mean, deviation, range and the bootstrap's interval")
  func statistics() {
    var random = Random(seed: 1)
    let returns = (0..<50).map { _ in 100 + 10 * Double(random.normal()) }
    let statistics = ReturnStatistics(returns)
    let mean = returns.reduce(0, +) / 50
    #expect(statistics.count == 50 && abs(statistics.mean - mean) < 1e-9)
    let variance = returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 49
    #expect(abs(statistics.deviation - variance.squareRoot()) < 1e-9)
    #expect(statistics.range == (returns.min() ?? 0)...(returns.max() ?? 0))
    #expect(statistics.interval.contains(mean))
    // A normal approximation: 1.96 standard errors to both sides.
    let error = 1.96 * variance.squareRoot() / 50.0.squareRoot()
    #expect(abs(statistics.interval.lowerBound - mean + error) < 0.25 * error)
    #expect(abs(statistics.interval.upperBound - mean - error) < 0.25 * error)
    #expect(ReturnStatistics(returns) == statistics && ReturnStatistics(returns, seed: 1) != statistics)
    let one = ReturnStatistics([7])
    #expect(one.mean == 7 && one.deviation == 0 && one.interval == 7...7 && one.range == 7...7)
  }

  @Test("an evaluation has fixed seeds: episode i begins with seed + i, whatever came before")
  func seeds() throws {
    let worlds = SerialEnvironments(1, of: CartPole().timeLimit(60))
    let policy = try AgentSession(PPO(network: .mlp([8])), in: worlds, steps: 10, seed: 1).agent.policy
    for choice in ActionChoice.allCases {
      let world = CartPole().timeLimit(60)
      let report = try evaluate(policy, in: world, episodes: 6, seed: 40, choice: choice)
      #expect(try evaluate(policy, in: world, episodes: 6, seed: 40, choice: choice) == report)
      #expect(report.returns.count == 6 && report.lengths.map { Double($0) } == report.returns)
      #expect(Set(report.returns).count > 1)
      let first = try evaluate(policy, in: world, episodes: 2, seed: 40, choice: choice)
      #expect(first.returns == Array(report.returns.prefix(2)))
      #expect(try evaluate(policy, in: world, episodes: 6, seed: 4000, choice: choice) != report)
      var count = 0
      let cut = try evaluate(policy, in: world, episodes: 6, seed: 40, choice: choice) {
        count += 1
        return count == 3
      }
      #expect(cut.returns == Array(report.returns.prefix(3)))
      var steps: [PolicyStep] = []
      let recorded = try record(policy, in: world, episodes: 6, seed: 40, choice: choice) { steps.append($0) }
      #expect(recorded == report && steps.count == report.lengths.reduce(0, +))
      #expect(steps.filter { $0.ending != nil }.map(\.episode) == Array(0..<6))
      var twin = world
      for step in steps.prefix(report.lengths[0]) {
        if step.step == 0 { #expect(try twin.reset(seed: 40) == step.observation) }
        #expect(try twin.step(step.action).step == Step(reward: step.reward, ending: step.ending))
      }
    }
    let best = try evaluate(policy, in: CartPole().timeLimit(60), episodes: 2, seed: 41)
    let shifted = try evaluate(policy, in: CartPole().timeLimit(60), episodes: 3, seed: 40)
    #expect(best.returns == Array(shifted.returns.dropFirst()))
  }

  @Test("a runner acts as the policy's network says, and a copy on disk does the same", arguments: 0..<9)
  func runners(_ index: Int) throws {
    let run = SmallRun.all()[index]
    let session = try run.session()
    try session.run()
    let policy = try session.agent.policy
    let bytes = try session.agent.policyBytes
    #expect(try AgentFuzz(run.recipe, in: run.worlds, steps: run.steps, stop: 60).act(bytes))
    let (first, second) = (PolicyRunner(policy), PolicyRunner(try Policy(try .init(bytes: bytes, path: "policy"))))
    var random = Random(seed: 3)
    for _ in 0..<50 {
      let observation = policy.observationSpace.sample(from: &random)
      let action = first.act(on: observation)
      #expect(action == second.act(on: observation) && policy.actionSpace.contains(action))
      var matrix = Matrix(rows: 1, columns: policy.network.inputs)
      var encoded = [Float](repeating: 0, count: policy.network.inputs)
      var span = encoded.mutableSpan
      policy.observationSpace.encode(observation.span, into: &span)
      for (column, number) in encoded.enumerated() {
        matrix[0, column] = policy.scaling.map { (number - $0.shifts[column]) * $0.factors[column] } ?? number
      }
      let outputs = policy.network.predict(matrix, workers: Workers(threads: 1))
      switch policy.head {
      case .values(let isDuelling):
        let choices = outputs.columns - (isDuelling ? 1 : 0)
        let best = (0..<choices).max { outputs[0, $0] < outputs[0, $1] } ?? 0
        #expect(action == [Float(best)])
      case .squashed, .squashedGaussian:
        let bound: Float = 2
        #expect(abs(action[0] - bound * Function.tangent(outputs[0, 0])) < 1e-4)
      case .categorical, .gaussian: break
      }
    }
  }
}

@Suite("Evaluations that a failing world misses")
struct MissedEvaluationTests {
  @Test("a point of the curve that was missed comes with the next step after resuming")
  func missed() throws {
    struct Trouble: Error {}
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("missed-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    func session(fails: Bool) throws -> AgentSession {
      let session = try AgentSession(PPO(), in: SerialEnvironments(2, of: CartPole()), steps: 200, seed: 1)
      session.evaluation = EvaluationPlan(every: 100) { policy in
        if fails { throw Trouble() }
        return try evaluate(policy, in: CartPole().timeLimit(20), episodes: 1)
      }
      return session
    }
    let first = try session(fails: true)
    #expect(throws: Trouble.self) { try first.run() }
    #expect(first.agent.steps == 100 && first.curve.isEmpty)
    try first.saveState(to: path)
    let second = try session(fails: false)
    try second.restoreState(from: path)
    try second.run()
    #expect(second.curve.map(\.step) == [102, 200])
  }
}
