// SPDX-License-Identifier: Apache-2.0
// Espalier: an agent in its worlds.

public import Environments
public import SparseCore

/// An agent in its worlds: the loop of every algorithm.
///
///     let session = try AgentSession(SAC(), in: SerialEnvironments(1, of: Pendulum().timeLimit(200)), steps: 20_000, seed: 1)
///     try session.run { event in
///       if case .episode(let episode) = event { print(episode.index, episode.reward) }
///     }
///     let report = try evaluate(session.agent.policy, in: Pendulum().timeLimit(200), episodes: 20, seed: 1000)
///
/// It can be stopped after any step and go on later from its saved state, to the bit where the worlds can be saved too.
/// One thread uses a session at a time, which makes `@unchecked Sendable` sound.
public final class AgentSession: @unchecked Sendable {
  /// The choices.
  public let recipe: any AgentRecipe
  /// The agent.
  public let agent: any Agent
  /// The worlds.
  public internal(set) var worlds: any VectorEnvironment
  /// Steps of all worlds together in the whole run.
  public let steps: Int
  /// Everything random follows from it.
  public let seed: UInt64
  /// Evaluates the policy every so many steps; nil: never.
  public var evaluation: EvaluationPlan?
  /// Asked after each step; true ends the run there.
  public var isInterrupted: @Sendable () -> Bool = { false }
  /// Where and how often the state is saved; nil: never.
  public var checkpoints: AgentCheckpoints?

  /// Finished episodes.
  public internal(set) var episodes = 0
  /// The returns of the last hundred episodes, the oldest first.
  public internal(set) var recentReturns: [Double] = []
  /// The learning curve so far.
  public internal(set) var curve: [EvaluationPoint] = []
  /// Whether worlds outside this process have failed and the state was saved after that.
  public private(set) var hasSavedAfterFailure = false
  /// Seconds of all parts of the run; not reproducible.
  public internal(set) var seconds = 0.0

  var results: VectorStep
  let check: WorldCheck
  private var before: [Float]
  private var actions: [Float]
  var running: [Double]
  var lengths: [Int]
  var hasBegun = false

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - worlds: where the agent acts.
  ///   - steps: steps of all worlds together.
  ///   - seed: of the agent, and of the worlds' first episodes.
  /// - Throws: ``AgentError`` for settings or spaces that do not go.
  public init(
    _ recipe: any AgentRecipe, in worlds: any VectorEnvironment, steps: Int, seed: UInt64,
    workers: Workers = Workers(threads: 1)
  ) throws(AgentError) {
    try AgentError.expect("steps", steps, 1...(1 << 40))
    self.recipe = recipe
    self.worlds = worlds
    self.steps = steps
    self.seed = seed
    agent = try recipe.makeAgent(
      at: AgentSite(
        observationSpace: worlds.observationSpace, actionSpace: worlds.actionSpace, worlds: worlds.count, steps: steps,
        seed: seed, workers: workers))
    results = VectorStep(count: worlds.count, size: worlds.observationSpace.flatCount)
    check = WorldCheck(worlds.observationSpace)
    before = results.observations
    actions = [Float](repeating: 0, count: worlds.count * worlds.actionSpace.flatCount)
    running = [Double](repeating: 0, count: worlds.count)
    lengths = [Int](repeating: 0, count: worlds.count)
  }

  /// Learns to the end, or until it is told to stop.
  ///
  /// When worlds outside this process fail, the state is saved before the error is thrown.
  ///
  /// - Parameter observe: is told of every episode and evaluation.
  /// - Throws: ``AgentError``; `FileError` when a checkpoint cannot be written; what `observe` throws.
  @discardableResult
  public func run(_ observe: (AgentEvent) throws -> Void = { _ in }) throws -> AgentStop {
    let start = ContinuousClock.now
    let secondsBefore = seconds
    defer { seconds = secondsBefore + (ContinuousClock.now - start) / .seconds(1) }
    func save() throws {
      seconds = secondsBefore + (ContinuousClock.now - start) / .seconds(1)
      try checkpoints?.save(self)
    }
    do {
      try begin()
      while agent.steps < steps {
        try step { report in try observe(.episode(report)) }
        if let point = try evaluateIfDue() { try observe(.evaluation(point)) }
        if isInterrupted() {
          try save()
          return .interrupted
        }
        if let checkpoints, checkpoints.isDue(agent.steps, worlds.count) { try save() }
      }
    } catch AgentError.environment(let error) where hasBegun && !(worlds is any SavableVectorEnvironment) {
      // Worlds of another process begin anew in any case: what has been learned must not be lost with them.
      try save()
      hasSavedAfterFailure = checkpoints != nil
      throw AgentError.environment(error)
    }
    try save()
    return .completed
  }

  /// Begins the first episodes, once.
  func begin() throws(AgentError) {
    guard !hasBegun else { return }
    do throws(EnvironmentError) {
      try worlds.reset(seed: seed, into: &results)
      try check.check(results)
    } catch { throw .environment(error) }
    hasBegun = true
  }

  /// Acts once in every world and learns from it.
  ///
  /// - Throws: ``AgentError/environment(_:)``, naming the number, when a reward or an observation is not finite.
  func step(_ ended: (EpisodeReport) throws -> Void) throws {
    // Taken out meanwhile, so that the spans that are lent have an owner that does not change.
    var (before, actions) = ([Float](), [Float]())
    swap(&before, &self.before)
    swap(&actions, &self.actions)
    defer {
      swap(&before, &self.before)
      swap(&actions, &self.actions)
    }
    for index in before.indices { before[index] = results.observations[index] }
    do {
      var span = actions.mutableSpan
      agent.act(on: before.span, into: &span)
    }
    do throws(EnvironmentError) {
      try worlds.step(actions.span, into: &results)
      try check.check(results)
    } catch { throw AgentError.environment(error) }
    try agent.learn(from: before.span, results)
    var reports: [EpisodeReport] = []
    for world in 0..<worlds.count {
      running[world] += results.rewards[world]
      lengths[world] += 1
      guard results.endings[world] != nil else { continue }
      reports.append(
        EpisodeReport(
          index: episodes, step: agent.steps, gradientSteps: agent.gradientSteps, reward: running[world],
          length: lengths[world]))
      episodes += 1
      if recentReturns.count == 100 { recentReturns.removeFirst() }
      recentReturns.append(running[world])
      running[world] = 0
      lengths[world] = 0
    }
    // Told when all is counted, so that an observer that throws leaves a session that can go on.
    for report in reports { try ended(report) }
  }

  private func evaluateIfDue() throws -> EvaluationPoint? {
    // By the last point, not by the last step: a point that was missed because its world failed comes after resuming.
    guard let evaluation, agent.steps / evaluation.interval > (curve.last?.step ?? 0) / evaluation.interval else {
      return nil
    }
    let statistics = try evaluation.judge(agent.policy).statistics
    let point = EvaluationPoint(
      step: agent.steps, gradientSteps: agent.gradientSteps, mean: statistics.mean, interval: statistics.interval,
      interquartileMean: statistics.interquartileMean,
      connections: agent.modules.reduce(0) { $0 + $1.connections }, measures: agent.measures)
    curve.append(point)
    return point
  }
}

/// How often a policy is evaluated while it learns, and how.
public struct EvaluationPlan: Sendable {
  /// Steps of all worlds between two evaluations.
  public let interval: Int
  /// Lets a policy act.
  public let judge: @Sendable (Policy) throws -> EvaluationReport

  /// - Parameter interval: at least 1.
  public init(every interval: Int, _ judge: @escaping @Sendable (Policy) throws -> EvaluationReport) {
    precondition(interval > 0, "an evaluation every \(interval) steps")
    self.interval = interval
    self.judge = judge
  }
}

/// Where and how often an agent's state is saved.
public struct AgentCheckpoints: Sendable, Equatable {
  /// The file.
  public let path: String
  /// Steps of all worlds between two saves; nil: only at the end and when interrupted.
  public let interval: Int?

  /// Joins the parts.
  public init(path: String, every interval: Int? = nil) {
    self.path = path
    self.interval = interval
  }

  func isDue(_ steps: Int, _ worlds: Int) -> Bool {
    guard let interval else { return false }
    return steps / interval > (steps - worlds) / interval
  }

  func save(_ session: AgentSession) throws { try session.saveState(to: path) }
}
