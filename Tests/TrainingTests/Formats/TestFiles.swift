// SPDX-License-Identifier: Apache-2.0
// Espalier: files of the format tests.

import Datasets
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The committed files beside the tests: `Tests/Golden/Formats` and `Tests/Snapshots/Formats`.
///
/// They lie outside the test target, since the package manager would ask for each of its files to be declared.
enum TestFiles {
  private static let folder = Paths.folder(of: Paths.folder(of: Paths.folder(of: #filePath)))

  static func golden(_ name: String) throws -> [UInt8] {
    try InputFile.contents(of: goldenPath(name), limit: 1 << 20)
  }

  static func goldenPath(_ name: String) -> String {
    Paths.join(Paths.join(folder, "Golden/Formats"), name)
  }

  /// The committed text, or, with ESPALIER_RECORD set, the text given, which is then committed anew.
  static func snapshot(_ name: String, _ text: String) throws -> String {
    let path = Paths.join(Paths.join(folder, "Snapshots/Formats"), name)
    if Paths.environment("ESPALIER_RECORD") != nil { try OutputFile.write(text, to: path) }
    return String(decoding: try InputFile.contents(of: path, limit: 1 << 20), as: UTF8.self)
  }

  /// Runs a body with a new folder and removes it with its files.
  static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let base = Paths.environment("TMPDIR") ?? "/tmp"
    var template = Array(Paths.join(base, "espalier-formats-XXXXXX").utf8CString)
    let made = try #require(
      template.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
      })
    defer {
      for name in Paths.list(made) { Paths.remove(Paths.join(made, name)) }
      rmdir(made)
    }
    return try body(made)
  }
}
