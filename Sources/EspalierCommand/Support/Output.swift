// SPDX-License-Identifier: Apache-2.0
// Espalier: what the tool writes to the terminal.

internal import Datasets
internal import Synchronization
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
  /// Why a line of the result could not be written, from the first that could not; 0 while all could.
  private static let lost = Atomic<Int32>(0)

  /// What the system said when a line of the result could not be written; nil while all could be, and for a reader who
  /// had read enough.
  static var failure: String? {
    let code = lost.load(ordering: .relaxed)
    return code == 0 || code == EPIPE ? nil : String(cString: strerror(code))
  }

  /// Whether whoever read the result has gone, or a line could not be written: more lines would be for nobody.
  static var isClosed: Bool { lost.load(ordering: .relaxed) != 0 }

  /// Writes a line of the result.
  static func result(_ line: String) {
    resultPiece(line + "\n")
  }

  /// Writes a piece of a line of the result.
  static func resultPiece(_ text: String) {
    let code = put(text, to: STDOUT_FILENO)
    if code != 0 { _ = lost.compareExchange(expected: 0, desired: code, ordering: .relaxed) }
  }

  /// Writes one JSON object as a line of the result.
  static func result(_ value: JSONValue) { result(value.text()) }

  /// Writes a line to whoever watches.
  static func talk(_ line: String) { _ = put(line + "\n", to: STDERR_FILENO) }

  /// Writes a piece of a line to whoever watches: for progress that draws over itself.
  static func talkPiece(_ text: String) { _ = put(text, to: STDERR_FILENO) }

  /// Whether somebody looks at the standard error.
  static var talksToTerminal: Bool { isatty(STDERR_FILENO) == 1 && Paths.environment("TERM") != "dumb" }

  /// Whether the standard output may be decorated: a terminal, and no `NO_COLOR`.
  static var isDecorated: Bool {
    isatty(STDOUT_FILENO) == 1 && Paths.environment("NO_COLOR") == nil && Paths.environment("TERM") != "dumb"
  }

  /// The text in bold, where that can be seen.
  static func bold(_ text: String) -> String { isDecorated ? "\u{1B}[1m" + text + "\u{1B}[0m" : text }

  /// Writes all of a text; returns 0, or the system's error.
  private static func put(_ text: String, to descriptor: Int32) -> Int32 {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let wrote = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if wrote < 0 && errno == EINTR { continue }
      guard wrote > 0 else { return wrote < 0 ? errno : EIO }
      bytes = bytes.dropFirst(wrote)
    }
    return 0
  }
}
