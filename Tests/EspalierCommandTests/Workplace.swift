// SPDX-License-Identifier: Apache-2.0
// Espalier: folders and files of the tool's tests.

import ArgumentParser
import Datasets
import Testing

@testable import EspalierCommand

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A folder that a test fills and that is removed after it, and the committed files beside the tests.
enum Workplace {
  private static let folder = Paths.folder(of: Paths.folder(of: #filePath))

  /// The committed text, or, with ESPALIER_RECORD set, the text given, which is then committed anew.
  static func snapshot(_ name: String, _ text: String) throws -> String {
    let path = Paths.join(Paths.join(folder, "Snapshots/Command"), name)
    if Paths.environment("ESPALIER_RECORD") != nil { try OutputFile.write(text, to: path) }
    return try Self.text(path)
  }

  /// Runs a body with a new folder and removes it with all that is in it.
  static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let base = Paths.environment("TMPDIR") ?? "/tmp"
    var template = Array(Paths.join(base, "espalier-command-XXXXXX").utf8CString)
    let made = try #require(
      template.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
      })
    defer { remove(made) }
    return try body(made)
  }

  static func bytes(_ path: String) throws -> [UInt8] { try InputFile.contents(of: path, limit: 1 << 24) }

  static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

  /// Trains as the command line would, with a small network, into a folder.
  static func train(_ folder: String, _ arguments: [String]) throws {
    let small = ["--hidden", "24,16", "--epochs", "2", "--quiet", "--no-tensorboard", "--checkpoint-seconds", "0"]
    _ = try command(small + ["--run-dir", folder] + arguments).execute()
  }

  /// What the command line makes of `espalier train` with these flags.
  static func command(_ arguments: [String]) throws -> TrainCommand { try TrainCommand.parse(arguments) }

  static func help(columns: Int) -> String { TrainCommand.helpMessage(columns: columns) }

  /// The exit code of a body's error; nil when it throws none.
  static func status(_ body: () throws -> Void) -> CommandStatus? {
    do {
      try body()
      return nil
    } catch {
      return CommandError(error)?.status ?? CommandStatus(rawValue: TrainCommand.exitCode(for: error).rawValue)
    }
  }

  private static func remove(_ folder: String) {
    for name in Paths.list(folder) {
      let path = Paths.join(folder, name)
      if Paths.isFolder(path) { remove(path) } else { Paths.remove(path) }
    }
    rmdir(folder)
  }
}
