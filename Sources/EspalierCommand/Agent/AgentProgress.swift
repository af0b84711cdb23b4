// SPDX-License-Identifier: Apache-2.0
// Espalier: what an agent's run tells while it goes on.

internal import Espalier

/// Tells how a run goes: a bar on a terminal, else a line for each point of the learning curve; with `--json` an object for each point.
final class AgentProgress {
  private let manner: TrainingRun.Manner
  private let session: AgentSession
  private let seed: Int
  private let isBar: Bool
  private let begun = ContinuousClock.now
  private let firstStep: Int
  private var lastDrawn: ContinuousClock.Instant?
  private var figures = ""

  init(_ session: AgentSession, manner: TrainingRun.Manner, seed: Int) {
    self.session = session
    self.manner = manner
    self.seed = seed
    isBar = Output.talksToTerminal && !manner.isQuiet
    firstStep = session.agent.steps
  }

  /// What is known before the first step: networks and memory.
  static func head(_ session: AgentSession, _ outcome: AgentConfiguration) -> [String] {
    let modules = session.agent.modules.map { module in
      "\(module.name) \(NumberText.grouped(module.connections)) of \(NumberText.grouped(module.denseConnections))"
    }
    let bytes = session.agent.replayBytes
    let memory =
      outcome.replay.capacity.map { "replay: \(NumberText.grouped($0)) transitions" }
      ?? "rollout: \(NumberText.grouped((outcome.agent.worlds ?? 1) * (outcome.learning.rollout ?? 1))) steps"
    return ["connections: " + modules.joined(separator: ", ")]
      + (bytes > 0 ? ["\(memory), \(NumberText.grouped(bytes)) bytes (\(NumberText.bytes(bytes)))"] : [])
  }

  /// Tells what has happened.
  func take(_ event: AgentEvent) {
    switch event {
    case .episode(let report): draw(step: report.step)
    case .evaluation(let point):
      if manner.isJSON {
        Output.result(
          .object([.init("event", "evaluation"), .init("seed", .integer(seed))] + Self.members(point)))
      }
      figures = "return " + Self.number(point.mean)
      if !isBar, !manner.isQuiet { Output.talk(Self.line(point, steps: session.steps, seconds: elapsed)) }
    }
  }

  /// Wipes the bar.
  func end() {
    if isBar { Output.talkPiece("\r\u{1B}[K") }
  }

  /// A point of the curve as a line.
  static func line(_ point: EvaluationPoint, steps: Int, seconds: Double) -> String {
    let all = NumberText.grouped(steps)
    let step = NumberText.grouped(point.step)
    return [
      "step " + String(repeating: " ", count: max(0, all.count - step.count)) + step + "/" + all,
      "return \(number(point.mean)) (\(number(point.interval.lowerBound)) to \(number(point.interval.upperBound)))",
      "gradient steps " + NumberText.grouped(point.gradientSteps),
      "connections " + NumberText.grouped(point.connections), NumberText.fixed(seconds, decimals: 1) + " s",
    ].joined(separator: "  ")
  }

  /// A return for people.
  static func number(_ value: Double) -> String { NumberText.fixed(value, decimals: abs(value) < 10 ? 3 : 1) }

  private static func members(_ point: EvaluationPoint) -> [JSONValue.Member] {
    [
      .init("step", .integer(point.step)), .init("gradient_steps", .integer(point.gradientSteps)),
      .init("mean_return", .number(point.mean)),
      .init("interval95", .array([.number(point.interval.lowerBound), .number(point.interval.upperBound)])),
      .init("interquartile_mean", .number(point.interquartileMean)), .init("connections", .integer(point.connections)),
      .init("measures", .object(point.measures.map { .init($0.name, .number($0.value)) })),
    ]
  }

  private var elapsed: Double { (ContinuousClock.now - begun) / .seconds(1) }

  private func draw(step: Int) {
    guard isBar else { return }
    let now = ContinuousClock.now
    if let lastDrawn, now - lastDrawn < .milliseconds(100) { return }
    lastDrawn = now
    let width = 24
    let filled = min(width, width * step / max(1, session.steps))
    var parts = [
      String(repeating: "━", count: filled) + String(repeating: "╌", count: width - filled),
      "step \(NumberText.grouped(step))/\(NumberText.grouped(session.steps))",
    ]
    if !figures.isEmpty { parts.append(figures) }
    if elapsed > 0.5, step > firstStep {
      let left = elapsed / Double(step - firstStep) * Double(session.steps - step)
      parts.append(ProgressBar.time(left) + " left")
    }
    Output.talkPiece("\r" + parts.joined(separator: "  ") + "\u{1B}[K")
  }
}
