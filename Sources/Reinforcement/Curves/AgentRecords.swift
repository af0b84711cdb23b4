// SPDX-License-Identifier: Apache-2.0
// Espalier: what a run of an agent leaves on paper.

public import Datasets
internal import Training

/// Writes a run's learning curve and episodes while it goes on: `metrics.csv`, `episodes.csv` and TensorBoard's events.
///
///     let records = try AgentRecords(of: session, in: "runs/mine")
///     try session.run { try records.take($0) }
///     try records.finish(title: "cartpole  ppo")      // curve.svg
///
/// When a session goes on from a saved state, lines that come after that state are dropped: they will be written again, so that the
/// files are the same as those of a run without a pause.
public final class AgentRecords {
  /// The columns of `episodes.csv`.
  static let episodeColumns = ["episode", "step", "gradient_steps", "return", "length"]

  private let folder: String
  private let names: [String]
  private let metrics: MetricsTable
  private let episodes: MetricsTable
  private let events: TensorBoardWriter?
  private let now: () -> Double
  private var points: [EvaluationPoint]

  /// Begins the files of a session, or goes on with them where the session stands.
  ///
  /// - Parameters:
  ///   - folder: a folder that is there.
  ///   - now: seconds since 1970, the wall time of TensorBoard's events; nil writes none.
  /// - Throws: `FileError` when a file cannot be written, or is another run's.
  public init(of session: AgentSession, in folder: String, now: (() -> Double)? = nil) throws(FileError) {
    self.folder = folder
    self.now = now ?? { 0 }
    points = session.curve
    names = session.agent.measures.map(\.name)
    metrics = try MetricsTable(
      Paths.join(folder, "metrics.csv"), columns: LearningCurve.columns(with: names), keepingThrough: -1)
    for point in points { try metrics.append(point.row(names)) }
    episodes = try MetricsTable(
      Paths.join(folder, "episodes.csv"), columns: Self.episodeColumns, keepingThrough: Double(session.episodes - 1))
    if let now {
      let found = Paths.list(folder).first { $0.hasPrefix("events.out.tfevents.") }
      events = try TensorBoardWriter(
        folder: folder, fileName: found ?? TensorBoardWriter.fileName(seconds: Int(now()), host: "espalier"),
        wallTime: now(), keepingThrough: session.agent.steps == 0 ? -1 : session.agent.steps)
    } else {
      events = nil
    }
  }

  /// Writes what has happened.
  public func take(_ event: AgentEvent) throws(FileError) {
    switch event {
    case .episode(let report):
      try episodes.append([
        Double(report.index), Double(report.step), Double(report.gradientSteps), report.reward, Double(report.length),
      ])
      events?.scalars(
        [("episode/return", report.reward), ("episode/length", Double(report.length))], step: report.step,
        wallTime: now())
    case .evaluation(let point):
      points.append(point)
      try metrics.append(point.row(names))
      var scalars = [
        (tag: "evaluation/mean", value: point.mean), ("evaluation/low", point.interval.lowerBound),
        ("evaluation/high", point.interval.upperBound), ("evaluation/interquartile_mean", point.interquartileMean),
        ("connections", Double(point.connections)), ("gradient_steps", Double(point.gradientSteps)),
      ]
      scalars += zip(LearningCurve.columns(with: names).dropFirst(LearningCurve.columns.count), names).compactMap {
        column, name in
        point.measures.first { $0.name == name }.map { (tag: "learning/" + column, value: $0.value) }
      }
      events?.scalars(scalars, step: point.step, wallTime: now())
      try events?.flush()
    }
  }

  /// Writes what still waits, and the learning curve as `curve.svg` when it has points.
  public func finish(title: String) throws(FileError) {
    try events?.flush()
    guard !points.isEmpty else { return }
    try LearningCurve(points).writeSVG(to: Paths.join(folder, "curve.svg"), title: title)
  }
}
