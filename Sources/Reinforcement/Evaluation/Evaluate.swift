// SPDX-License-Identifier: Apache-2.0
// Espalier: how much a policy earns.

public import Environments
internal import NeuralNetworks
internal import SparseCore

/// What a policy earned in some episodes.
public struct EvaluationReport: Sendable, Equatable {
  /// The sum of rewards of each episode, undiscounted.
  public let returns: [Double]
  /// The steps of each episode.
  public let lengths: [Int]

  /// The returns in a few numbers.
  public var statistics: ReturnStatistics { ReturnStatistics(returns) }
}

/// Lets a policy act in whole episodes with fixed seeds.
///
/// Choices that a world forbids now (`Environment.actionMask`) are not left out: agents learn without masks, and Gymnasium judges so.
///
/// Episode *i* begins with seed + *i*, so that two policies meet the same beginnings.
///
///     let report = try evaluate(agent.policy, in: CartPole().timeLimit(500), episodes: 100, seed: 10_000)
///     print(report.statistics.mean)
///
/// - Parameters:
///   - policy: what acts.
///   - world: where it acts; give it a time limit where the task has one.
///   - episodes: how many, at least 1.
///   - choice: whether to take best actions or to draw them.
///   - isInterrupted: asked after each episode; true ends the evaluation with what there is.
/// - Throws: ``AgentError`` when the spaces differ, or the environment fails or gives a number that is not finite.
public func evaluate(
  _ policy: Policy, in world: some Environment, episodes: Int, seed: UInt64 = 0, choice: ActionChoice = .best,
  isInterrupted: () -> Bool = { false }
) throws(AgentError) -> EvaluationReport {
  try Reinforcement.episodes(
    episodes, of: policy, in: world, seed: seed, choice: choice, isInterrupted: isInterrupted,
    shows: false
  ) { _ in }
}

/// One step of a policy in a world, for records.
public struct PolicyStep: Sendable, Equatable {
  /// The episode, from 0.
  public let episode: Int
  /// The step of the episode, from 0.
  public let step: Int
  /// What was seen.
  public let observation: [Float]
  /// What was done.
  public let action: [Float]
  /// What it earned.
  public let reward: Double
  /// How the episode ended with it; nil while it goes on.
  public let ending: Ending?
}

/// Lets a policy act as ``evaluate(_:in:episodes:seed:choice:isInterrupted:)`` does and shows every step.
public func record(
  _ policy: Policy, in world: some Environment, episodes: Int, seed: UInt64 = 0, choice: ActionChoice = .best,
  _ visit: (PolicyStep) -> Void
) throws(AgentError) -> EvaluationReport {
  try Reinforcement.episodes(
    episodes, of: policy, in: world, seed: seed, choice: choice, isInterrupted: { false }, shows: true,
    visit)
}

/// Whole episodes of a policy in a world.
private func episodes(
  _ count: Int, of policy: Policy, in world: some Environment, seed: UInt64, choice: ActionChoice,
  isInterrupted: () -> Bool, shows: Bool,
  _ visit: (PolicyStep) -> Void
) throws(AgentError) -> EvaluationReport {
  guard world.observationSpace.isRead(like: policy.observationSpace) else {
    throw .network(
      "a policy that observes \(policy.observationSpace) cannot act where \(world.observationSpace) is observed")
  }
  guard world.actionSpace == policy.actionSpace else {
    throw .network("a policy that acts in \(policy.actionSpace) cannot act in \(world.actionSpace)")
  }
  precondition(count > 0, "an evaluation of \(count) episodes")
  var world = world
  let runner = PolicyRunner(policy)
  let check = WorldCheck(world.observationSpace)
  var observation = [Float](repeating: 0, count: world.observationSpace.flatCount)
  var action = [Float](repeating: 0, count: world.actionSpace.flatCount)
  var returns: [Double] = []
  var lengths: [Int] = []
  for episode in 0..<count {
    var random = Random(seed: seed).split("evaluation").split(episode)
    var (sum, length) = (0.0, 0)
    var isOver = false
    do throws(EnvironmentError) {
      var span = observation.mutableSpan
      try world.reset(seed: seed &+ UInt64(episode), into: &span)
      try check.check(observation.span, of: 0)
    } catch { throw .environment(error) }
    while !isOver {
      do {
        var span = action.mutableSpan
        runner.act(on: observation.span, into: &span, choice: choice, random: &random)
      }
      let seen = shows ? observation : []
      let step: Step
      do throws(EnvironmentError) {
        var span = observation.mutableSpan
        step = try world.step(action.span, into: &span)
        try check.check(observation.span, of: 0)
        try check.check(step.reward, of: 0)
      } catch { throw .environment(error) }
      if shows {
        visit(
          PolicyStep(
            episode: episode, step: length, observation: seen, action: action, reward: step.reward, ending: step.ending)
        )
      }
      sum += step.reward
      length += 1
      isOver = step.ending != nil
    }
    returns.append(sum)
    lengths.append(length)
    if isInterrupted() { break }
  }
  return EvaluationReport(returns: returns, lengths: lengths)
}
