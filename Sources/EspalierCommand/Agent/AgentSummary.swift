// SPDX-License-Identifier: Apache-2.0
// Espalier: the result of an agent's run.

internal import Espalier

/// All numbers of a finished run: `summary.json`.
struct AgentSummary {
  let configuration: AgentConfiguration
  /// The same with everything filled in.
  let outcome: AgentConfiguration
  let session: AgentSession
  /// The last evaluation; nil for a run that diverged.
  let report: PolicyReport?
  let stop: String

  /// The summary as a JSON object.
  var json: JSONValue {
    let statistics = report?.statistics
    let modules = session.agent.modules
    let connections = modules.reduce(0) { $0 + $1.connections }
    let dense = modules.reduce(0) { $0 + $1.denseConnections }
    let (steps, seconds) = (session.agent.steps, session.seconds)
    let members: [(String, JSONValue)] = [
      ("mean_return", number(statistics?.mean)), ("interval95", interval(statistics)),
      ("interquartile_mean", number(statistics?.interquartileMean)), ("deviation", number(statistics?.deviation)),
      ("least_return", number(statistics?.range.lowerBound)), ("greatest_return", number(statistics?.range.upperBound)),
      ("mean_length", number(report.map { Double($0.lengths.reduce(0, +)) / Double($0.lengths.count) })),
      ("eval_episodes", .integer(configuration.evaluation.episodes)),
      ("eval_seed", .integer(configuration.evaluation.seed)),
      ("environment", .string(outcome.agent.env)),
      ("time_limit", outcome.agent.timeLimit.map { .integer($0) } ?? .null),
      ("algorithm", .string(outcome.agent.algorithm?.rawValue ?? "")),
      ("method", .string(configuration.evolution.method.rawValue)),
      ("actor_method", .string(outcome.method(.actor).rawValue)),
      ("critic_method", .string(outcome.method(.critic).rawValue)),
      ("steps", .integer(steps)), ("gradient_steps", .integer(session.agent.gradientSteps)),
      ("episodes", .integer(session.episodes)), ("worlds", .integer(outcome.agent.worlds ?? 1)),
      ("seconds", .number(seconds)), ("steps_per_second", .number(seconds > 0 ? Double(steps) / seconds : 0)),
      ("connections", .integer(connections)), ("dense_connections", .integer(dense)),
      ("sparsity", .number(dense > 0 ? 1 - Double(connections) / Double(dense) : 0)),
      ("modules", .array(modules.map(Self.module))), ("replay_bytes", .integer(session.agent.replayBytes)),
      ("measures", .object(session.agent.measures.map { .init($0.name, .number($0.value)) })),
      ("peak_memory_bytes", .integer(RunSummary.peakMemory)), ("seed", .integer(configuration.agent.seed)),
      ("threads", .integer(configuration.run.threads ?? Workers.availableCores)), ("stop_reason", .string(stop)),
      ("kernels", .string(Kernels.name)), ("version", .string(EspalierCommand.version)),
      ("returns", .array((report?.returns ?? []).map { .number($0) })),
    ]
    return .object(members.map { .init($0.0, $0.1) })
  }

  private static func module(_ module: AgentModule) -> JSONValue {
    .object([
      .init("name", .string(module.name)), .init("connections", .integer(module.connections)),
      .init("dense_connections", .integer(module.denseConnections)),
      .init("sparsity", .number(1 - Double(module.connections) / Double(max(1, module.denseConnections)))),
      .init("moved", .integer(module.moved)),
    ])
  }

  private func interval(_ statistics: ReturnStatistics?) -> JSONValue {
    statistics.map { .array([.number($0.interval.lowerBound), .number($0.interval.upperBound)]) } ?? .null
  }

  private func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
}
