// SPDX-License-Identifier: Apache-2.0
// Espalier: one run of `espalier agent train`.

internal import Espalier

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// One seed's run: learns, judges, and fills its folder.
struct AgentRun {
  /// The settings as they were asked for.
  let configuration: AgentConfiguration
  /// The same with everything filled in.
  let outcome: AgentConfiguration
  let world: any AgentWorld
  let folder: RunFolder
  let manner: TrainingRun.Manner
  /// Asked after each step; true saves and leaves.
  var isInterrupted: @Sendable () -> Bool = { Interruption.isRequested }

  /// Learns to the end.
  ///
  /// - Returns: the summary.
  /// - Throws: ``CommandError`` when the run is interrupted, or diverges and is not one of many; errors of files, worlds and recipes.
  func run() throws -> JSONValue {
    if manner.start == .resume && !configuration.run.save {
      throw CommandError.usage(
        "--no-save: expected a new run, got --resume of one that is saved; begin anew with --overwrite, or go on with --save"
      )
    }
    let outlook = AgentOutlook(outcome, world)
    try outlook.check()
    let session = try makeSession()
    if let idleness = outlook.idleness { talk("note: " + idleness) }
    return try folder.whileHeld { try learn(session) }
  }

  private func makeSession() throws -> AgentSession {
    let discount = configuration.agent.normalizeRewards ? outcome.learning.discount ?? 0.99 : nil
    let session = try AgentSession(
      try outcome.makeRecipe(), in: try world.makeWorlds(outcome.agent.worlds ?? 1, rewardDiscount: discount),
      steps: outcome.agent.steps ?? 1, seed: UInt64(configuration.agent.seed),
      workers: Workers(threads: configuration.run.threads))
    let (world, evaluation) = (world, configuration.evaluation)
    session.evaluation = EvaluationPlan(every: outcome.evaluation.every ?? 1) { policy in
      try world.evaluate(
        policy, episodes: evaluation.curveEpisodes, seed: UInt64(evaluation.seed), choice: .best,
        isInterrupted: { false })
    }
    if configuration.run.save {
      session.checkpoints = AgentCheckpoints(path: folder.state, every: outcome.run.checkpointEvery)
    }
    session.isInterrupted = isInterrupted
    return session
  }

  private func learn(_ session: AgentSession) throws -> JSONValue {
    try folder.prepare(manner.start)
    if case .resume = manner.start {
      if Paths.exists(folder.state) {
        try session.restoreState(from: folder.state)
        talk("going on after step \(NumberText.grouped(session.agent.steps)) of \(NumberText.grouped(session.steps))")
      } else {
        talk("no state in '\(folder.path)' yet: the run begins anew")
      }
    }
    try OutputFile.write(configuration.toml(outcome: outcome), to: folder.configuration)
    for line in AgentProgress.head(session, outcome) { talk(line) }
    let records = try AgentRecords(
      of: session, in: folder.path, now: configuration.run.tensorboard ? { Double(time(nil)) } : nil)
    let progress = AgentProgress(session, manner: manner, seed: configuration.agent.seed)
    let stop: AgentStop
    do {
      stop = try session.run { event in
        try records.take(event)
        progress.take(event)
      }
    } catch let error as AgentError {
      progress.end()
      try records.finish(title: title)
      return try failed(session, error)
    }
    progress.end()
    try records.finish(title: title)
    if stop == .interrupted { throw interruption(session) }
    return try finish(session)
  }

  private func finish(_ session: AgentSession) throws -> JSONValue {
    var policy = try session.agent.policy
    policy.facts = facts
    if configuration.run.save { try policy.save(to: folder.policy) }
    let evaluation = configuration.evaluation
    let report = try world.evaluate(
      policy, episodes: evaluation.episodes, seed: UInt64(evaluation.seed), choice: .best,
      isInterrupted: isInterrupted)
    guard report.returns.count == evaluation.episodes else { throw interruption(session) }
    let summary = AgentSummary(
      configuration: configuration, outcome: outcome, session: session, report: report, stop: "completed"
    ).json
    try OutputFile.write(summary.lined, to: folder.summary)
    if configuration.run.save {
      let card = AgentCard(
        summary: summary, configuration: configuration, policy: policy, command: manner.command)
      try OutputFile.write(card.text, to: folder.card)
    }
    return summary
  }

  /// Reports a run whose numbers are no longer finite, and says what is saved of one whose world has failed; throws all other errors.
  private func failed(_ session: AgentSession, _ error: AgentError) throws -> JSONValue {
    if case .environment = error, session.hasSavedAfterFailure {
      let path = manner.isOneOfMany ? Paths.folder(of: folder.path) : folder.path
      throw CommandError(
        .failed,
        "\(error)\nwhat was learned until step \(NumberText.grouped(session.agent.steps)) is saved, go on with: "
          + "espalier agent train --resume --run-dir " + TrainingRun.quoted(path))
    }
    guard case .diverged = error else { throw error }
    let summary = AgentSummary(
      configuration: configuration, outcome: outcome, session: session, report: nil, stop: "diverged: \(error)"
    ).json
    try OutputFile.write(summary.lined, to: folder.summary)
    guard manner.isOneOfMany else { throw error }
    talk("diverged: \(error)")
    return summary
  }

  private func interruption(_ session: AgentSession) -> CommandError {
    let step = NumberText.grouped(session.agent.steps)
    guard configuration.run.save else {
      return CommandError(.interrupted, "interrupted after step \(step); nothing is saved, by --no-save")
    }
    let path = manner.isOneOfMany ? Paths.folder(of: folder.path) : folder.path
    return CommandError(
      .interrupted,
      "interrupted after step \(step); all is saved, go on with: espalier agent train --resume --run-dir "
        + TrainingRun.quoted(path))
  }

  private var title: String { "\(world.name)  \(outcome.agent.algorithm?.rawValue ?? "")" }

  /// What the policy file tells about its making; nothing that differs between two runs of the same settings.
  private var facts: [(name: String, value: String)] {
    [
      ("espalier", EspalierCommand.version), ("environment", world.name),
      ("time_limit", outcome.agent.timeLimit.map { "\($0)" } ?? "none"),
      ("algorithm", outcome.agent.algorithm?.rawValue ?? ""), ("method", configuration.evolution.method.rawValue),
      ("steps", "\(outcome.agent.steps ?? 0)"), ("seed", "\(configuration.agent.seed)"),
    ]
  }

  private func talk(_ line: String) {
    if !manner.isQuiet { Output.talk(line) }
  }
}
