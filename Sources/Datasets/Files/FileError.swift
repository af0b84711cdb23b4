// SPDX-License-Identifier: Apache-2.0
// Espalier: what can go wrong with a file.

/// Why a file could not be read, understood or written.
public enum FileError: Error, Equatable, Sendable {
  /// There is nothing at this path, with what may have been meant.
  case missing(path: String, advice: String = "check the path")
  /// The system refuses to read it, with its reason.
  case unreadable(path: String, reason: String)
  /// The system refuses to write it (no room, no permission), with its reason and what to do.
  case unwritable(path: String, reason: String, advice: String = "free some space or choose another folder")
  /// The contents are not what the format asks for.
  case format(path: String, expected: String, got: String, advice: String = "")
  /// Reading it would need more memory than the stated bound.
  case tooLarge(path: String, limit: Int, got: Int)
}

extension FileError: CustomStringConvertible {
  /// The error in one line: what was expected, what came, what to do.
  public var description: String {
    switch self {
    case .missing(let path, let advice):
      "there is no file at '\(path)'; \(advice)"
    case .unreadable(let path, let reason):
      "cannot read '\(path)': \(reason)"
    case .unwritable(let path, let reason, let advice):
      "cannot write '\(path)': \(reason); \(advice)"
    case .format(let path, let expected, let got, let advice):
      "'\(path)': expected \(expected), got \(Self.printable(got))" + (advice.isEmpty ? "" : "; \(advice)")
    case .tooLarge(let path, let limit, let got):
      "'\(path)': expected at most \(limit) bytes, got \(got); split the file or raise the limit"
    }
  }

  /// Words that a file brought, fit for a terminal: control characters and broken text become dots, a long text is cut.
  private static func printable(_ text: String) -> String {
    var cleaned = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(160) {
      let isPlain = scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar.value != 0xFFFD
      cleaned.append(isPlain ? scalar : "·")
    }
    return String(cleaned) + (text.unicodeScalars.count > 160 ? "…" : "")
  }
}
