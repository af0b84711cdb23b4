// SPDX-License-Identifier: Apache-2.0
// Espalier: what a policy saw and did, as files.

public import Datasets
internal import Environments
internal import SparseCore

/// What a policy saw and did, step by step, for a table or an archive.
///
///     var recording = PolicyRecording()
///     let report = try record(policy, in: world, episodes: 10) { recording.add($0) }
///     try recording.write(to: "rollouts.npz")
public struct PolicyRecording: Sendable, Equatable {
  /// The steps, episode after episode.
  public private(set) var steps: [PolicyStep] = []

  /// Begins without steps.
  public init() {}

  /// Takes a step in.
  public mutating func add(_ step: PolicyStep) { steps.append(step) }

  /// Writes a table (`.csv`) or an archive (`.npz`); the file is there whole or not at all.
  ///
  /// The table has the columns `episode, step, observation_0, ..., action_0, ..., reward, ending`; the archive the arrays `episodes`,
  /// `steps`, `observations` [steps, numbers], `actions` [steps, numbers], `rewards` (single precision), `terminated` and `truncated`.
  ///
  /// - Throws: `FileError` for another ending of the name, for no steps, and when the file cannot be written.
  public func write(to path: String) throws(FileError) {
    guard let first = steps.first else {
      throw .unwritable(path: path, reason: "there are no steps to write")
    }
    if path.lowercased().hasSuffix(".npz") { return try writeArchive(path, first) }
    guard path.lowercased().hasSuffix(".csv") else {
      throw .unwritable(path: path, reason: "expected a name ending in .csv or .npz")
    }
    try writeTable(path, first)
  }

  private func writeTable(_ path: String, _ first: PolicyStep) throws(FileError) {
    let file = try OutputFile(path)
    let columns =
      ["episode", "step"] + first.observation.indices.map { "observation_\($0)" }
      + first.action.indices.map { "action_\($0)" } + ["reward", "ending"]
    try file.write(columns.joined(separator: ",") + "\n")
    for step in steps {
      var cells = ["\(step.episode)", "\(step.step)"]
      cells += (step.observation + step.action).map { NumberText.shortest($0) }
      cells.append(NumberText.shortest(step.reward))
      switch step.ending {
      case nil: cells.append("")
      case .terminated?: cells.append("terminated")
      case .truncated?: cells.append("truncated")
      }
      try file.write(cells.joined(separator: ",") + "\n")
    }
    try file.commit()
  }

  private func writeArchive(_ path: String, _ first: PolicyStep) throws(FileError) {
    var writer = try NPZWriter(path)
    try writer.add("episodes", steps.map { Int64($0.episode) })
    try writer.add("steps", steps.map { Int64($0.step) })
    try writer.add(
      "observations", Vector(steps.flatMap(\.observation)), shape: [steps.count, first.observation.count])
    try writer.add("actions", Vector(steps.flatMap(\.action)), shape: [steps.count, first.action.count])
    try writer.add("rewards", Vector(steps.map { Float($0.reward) }), shape: [steps.count])
    try writer.add("terminated", steps.map { $0.ending == .terminated })
    try writer.add("truncated", steps.map { $0.ending == .truncated })
    try writer.commit()
  }
}
