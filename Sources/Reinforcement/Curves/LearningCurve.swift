// SPDX-License-Identifier: Apache-2.0
// Espalier: how a policy grew better.

public import Datasets
internal import Training

/// The points of a learning curve, as a table and as a picture.
///
///     let curve = LearningCurve(session.curve)
///     try curve.writeCSV(to: "metrics.csv")
///     try curve.writeSVG(to: "curve.svg", title: "cartpole  ppo")
public struct LearningCurve: Sendable, Equatable {
  /// The points in the order of their steps.
  public var points: [EvaluationPoint]

  /// Takes points, of `AgentSession.curve` for instance.
  public init(_ points: [EvaluationPoint]) {
    self.points = points
  }

  /// Reads a table that ``writeCSV(to:)`` or a run wrote.
  ///
  /// - Throws: `FileError` when it is missing or no such table.
  public init(contentsOf path: String) throws(FileError) {
    let (columns, rows) = try MetricsTable.read(path)
    guard columns.starts(with: Self.columns) else {
      throw .format(
        path: path, expected: "the columns \(Self.columns.joined(separator: ", "))",
        got: columns.joined(separator: ", "), advice: "name metrics.csv of an agent's run")
    }
    var points: [EvaluationPoint] = []
    for row in rows {
      let fixed = row.prefix(Self.columns.count).compactMap { $0 }
      guard fixed.count == Self.columns.count, let step = Int(exactly: fixed[0]),
        let gradientSteps = Int(exactly: fixed[1]), fixed[3] <= fixed[4], let connections = Int(exactly: fixed[6])
      else {
        throw .format(
          path: path, expected: "whole steps and an interval in order", got: "another line",
          advice: "name metrics.csv of an agent's run")
      }
      let measures = zip(columns, row).dropFirst(Self.columns.count).compactMap { name, value in
        value.map { AgentMeasure(name, $0) }
      }
      points.append(
        EvaluationPoint(
          step: step, gradientSteps: gradientSteps, mean: fixed[2], interval: fixed[3]...fixed[4],
          interquartileMean: fixed[5], connections: connections, measures: measures))
    }
    self.points = points
  }

  /// The columns that every curve has; the agent's measures follow.
  static let columns = ["step", "gradient_steps", "mean", "low", "high", "interquartile_mean", "connections"]

  /// Writes a table with a line a point; the file is there whole or not at all.
  public func writeCSV(to path: String) throws(FileError) {
    let names = points.first?.measures.map(\.name) ?? []
    let table = try MetricsTable(path, columns: Self.columns(with: names), keepingThrough: -1)
    for point in points { try table.append(point.row(names)) }
  }

  /// Draws the mean return with its interval over the steps.
  public func writeSVG(to path: String, title: String) throws(FileError) {
    try OutputFile.write(Self.svg([("mean return", self)], title: title), to: path)
  }

  /// Draws several curves, each with its interval.
  public static func svg(_ curves: [(name: String, curve: LearningCurve)], title: String) -> String {
    LineChart(
      title: title, xTitle: "steps", yTitle: "mean return",
      series: curves.map { name, curve in
        LineChart.Series(
          name, x: curve.points.map { Double($0.step) }, y: curve.points.map(\.mean),
          band: (curve.points.map(\.interval.lowerBound), curve.points.map(\.interval.upperBound)))
      }
    ).svg
  }

  /// All columns of a curve whose points have such measures.
  static func columns(with measures: [String]) -> [String] {
    columns + measures.map { String($0.map { $0 == " " || $0 == "," ? "_" : $0 }) }
  }
}

extension EvaluationPoint {
  /// The line of a table, with the measures of these names.
  func row(_ names: [String]) -> [Double?] {
    [
      Double(step), Double(gradientSteps), mean, interval.lowerBound, interval.upperBound, interquartileMean,
      Double(connections),
    ] + names.map { name in measures.first { $0.name == name }?.value }
  }
}
