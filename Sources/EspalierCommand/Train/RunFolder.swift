// SPDX-License-Identifier: Apache-2.0
// Espalier: the folder of a run.

internal import Datasets

/// The files that a run leaves behind.
struct RunFolder: Equatable, Sendable {
  let path: String

  init(_ path: String) {
    self.path = path
  }

  var configuration: String { file("config.toml") }
  var metrics: String { file("metrics.csv") }
  var model: String { file("model.safetensors") }
  var policy: String { file("policy.safetensors") }
  var episodes: String { file("episodes.csv") }
  var best: String { file("best.safetensors") }
  var state: String { file("state.safetensors") }
  var summary: String { file("summary.json") }
  var card: String { file("README.md") }

  /// Whether a run has left something here.
  var holdsRun: Bool { [configuration, metrics, state, model, policy, summary].contains { Paths.exists($0) } }

  /// The folder that a run takes when the user names none: a fresh one (`NAME`, `NAME-2`, ...), or with a run to go on
  /// with or to overwrite, the latest.
  static func unnamed(_ name: String, _ start: RunStart) -> RunFolder {
    var taken = 0
    while RunFolder(numbered(name, taken + 1)).holdsRun { taken += 1 }
    return RunFolder(numbered(name, start == .anew ? taken + 1 : max(1, taken)))
  }

  private static func numbered(_ name: String, _ number: Int) -> String {
    number == 1 ? name : "\(name)-\(number)"
  }

  /// The folder of one seed's run among several.
  func inner(seed: Int) -> RunFolder { RunFolder(file("s\(seed)")) }

  /// Runs a body while no other process can run one with this folder, which is made if it is not there.
  ///
  /// - Throws: ``CommandError`` when another process is at work in it; `FileError` when it cannot be made.
  func whileHeld<Result>(_ body: () throws -> Result) throws -> Result {
    try Paths.makeFolder(path)
    guard let lock = FolderLock(path) else {
      throw CommandError(
        .cannotWrite, "another espalier is at work in '\(path)'; wait for it or name another folder with --run-dir")
    }
    return try withExtendedLifetime(lock) { try body() }
  }

  /// Makes the folder, or takes one that is there.
  ///
  /// - Throws: ``CommandError`` when it holds another run that is neither to be resumed nor overwritten, or no run but a
  ///   README.md of somebody else; `FileError` when it cannot be made.
  func prepare(_ start: RunStart) throws {
    if holdsRun {
      switch start {
      case .anew:
        throw CommandError(
          .cannotWrite,
          "'\(path)' already holds a run; go on with --resume, begin anew with --overwrite, or name another folder with "
            + "--run-dir")
      case .overwrite: removeRun()
      case .resume: break
      }
    } else if Paths.exists(card) {
      throw CommandError(
        .cannotWrite,
        "'\(card)' is no run's: the run would write over it; name another folder with --run-dir")
    }
    try Paths.makeFolder(path)
  }

  private static let names: Set = [
    "config.toml", "metrics.csv", "model.safetensors", "best.safetensors", "state.safetensors", "summary.json",
    "README.md", "policy.safetensors", "episodes.csv", "curve.svg",
  ]

  /// Removes the files of a run, those of its seeds included; files of others stay.
  private func removeRun() {
    for name in Paths.list(path) {
      if Self.names.contains(name) || name.hasPrefix("events.out.tfevents.") && name.hasSuffix(".espalier") {
        Paths.remove(file(name))
      } else if name.first == "s", Int(name.dropFirst()) != nil, RunFolder(file(name)).holdsRun {
        RunFolder(file(name)).removeRun()
      }
    }
  }

  private func file(_ name: String) -> String { Paths.join(path, name) }
}

/// What to do with a run that is already in the folder.
enum RunStart: Sendable {
  case anew
  case overwrite
  case resume
}
