// SPDX-License-Identifier: Apache-2.0
// Espalier: what the tool writes to the terminal.

internal import Datasets
internal import Training

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Results on the standard output, talk on the standard error.
enum Output {
  /// Writes a line of the result.
  static func result(_ line: String) { put(line + "\n", to: STDOUT_FILENO) }

  /// Writes one JSON object as a line of the result.
  static func result(_ value: JSONValue) { result(value.text()) }

  /// Writes a line to whoever watches.
  static func talk(_ line: String) { put(line + "\n", to: STDERR_FILENO) }

  /// Writes a piece of a line to whoever watches: for progress that draws over itself.
  static func talkPiece(_ text: String) { put(text, to: STDERR_FILENO) }

  /// Whether somebody looks at the standard error.
  static var talksToTerminal: Bool { isatty(STDERR_FILENO) == 1 && Paths.environment("TERM") != "dumb" }

  /// Whether the standard output may be decorated: a terminal, and no `NO_COLOR`.
  static var isDecorated: Bool {
    isatty(STDOUT_FILENO) == 1 && Paths.environment("NO_COLOR") == nil && Paths.environment("TERM") != "dumb"
  }

  /// The text in bold, where that can be seen.
  static func bold(_ text: String) -> String { isDecorated ? "\u{1B}[1m" + text + "\u{1B}[0m" : text }

  private static func put(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let wrote = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if wrote < 0 && errno == EINTR { continue }
      guard wrote > 0 else { return }
      bytes = bytes.dropFirst(wrote)
    }
  }
}
