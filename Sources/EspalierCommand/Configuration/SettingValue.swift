// SPDX-License-Identifier: Apache-2.0
// Espalier: one value of a configuration.

internal import Datasets
internal import Training

/// A value as a flag or a file states it.
enum SettingValue: Equatable, Sendable {
  /// What stands behind a flag: it may be a number, a list, a word.
  case word(String)
  case text(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case list([SettingValue])
  /// A table, a date, nothing: what no setting takes.
  case other(String)

  /// The text, from a flag or a file.
  var asText: String? {
    switch self {
    case .word(let text), .text(let text): text
    default: nil
    }
  }

  var asInteger: Int? {
    switch self {
    case .word(let text): Int(text)
    case .integer(let value): value
    default: nil
    }
  }

  var asNumber: Double? {
    switch self {
    case .word(let text): Double(text)
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  var asFlag: Bool? {
    switch self {
    case .word(let text): Bool(text)
    case .flag(let value): value
    default: nil
    }
  }

  /// A list from a file, or the parts between a flag's commas.
  var asList: [SettingValue]? {
    switch self {
    case .word(let text):
      text.split(separator: ",", omittingEmptySubsequences: false).map { part in
        .word(String(part.drop { $0 == " " }))
      }
    case .list(let values): values
    default: nil
    }
  }

  /// For messages: what came.
  var shown: String {
    switch self {
    case .word(let text): "'\(text)'"
    case .text(let text): "the text \"\(text)\""
    case .integer(let value): "\(value)"
    case .number(let value): NumberText.shortest(value)
    case .flag(let value): "\(value)"
    case .list(let values): "[" + values.map(\.shown).joined(separator: ", ") + "]"
    case .other(let kind): kind
    }
  }

  /// The value in TOML.
  var toml: String {
    switch self {
    case .word(let text), .text(let text): JSONValue.string(text).text()
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .flag(let value): "\(value)"
    case .list(let values): "[" + values.map(\.toml).joined(separator: ", ") + "]"
    case .other: "\"\""
    }
  }
}
