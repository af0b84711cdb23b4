// SPDX-License-Identifier: Apache-2.0
// Espalier: one setting of a run.

internal import ArgumentParser
internal import Datasets
internal import Training

/// A setting of `espalier train`.
typealias Setting = SettingOf<RunConfiguration>

/// One setting: its name in files and flags, its words for `--help`, and how it is read and written.
struct SettingOf<Configuration: Configurable>: Sendable {
  /// The table of the file it stands in.
  let section: String
  /// The key of the file; the flag has hyphens for underscores.
  let key: String
  /// What it does.
  let help: String
  /// What it is when nothing is said.
  let standard: String
  /// What it takes, for messages: "a whole number above 0".
  let expected: String
  /// What `--help` calls the value: "count".
  let placeholder: String
  /// The words it takes, for completion; empty for others.
  var choices: [String] = []
  /// Puts a value into a configuration; false when it is not what it takes.
  let write: @Sendable (SettingValue, inout Configuration) -> Bool
  /// The value to write into a file; nil leaves the key out.
  let read: @Sendable (Configuration) -> SettingValue?

  /// The flag without its dashes.
  var flag: String { Self.hyphenated(key) }

  /// Every setting of the configuration.
  static var all: [SettingOf] { Configuration.settings }

  /// The setting of a flag.
  static func named(_ flag: String) -> SettingOf? { all.first { $0.flag == flag } }

  /// The words that `--help` shows for a flag.
  static func help(_ flag: String) -> ArgumentHelp {
    guard let setting = named(flag) else { return ArgumentHelp(visibility: .hidden) }
    return ArgumentHelp("\(setting.help) (default: \(setting.standard))", valueName: setting.placeholder)
  }

  /// The completion of a flag's value.
  static func completion(_ flag: String) -> CompletionKind? {
    guard let choices = named(flag)?.choices, !choices.isEmpty else { return nil }
    return .list(choices)
  }

  private static func hyphenated(_ key: String) -> String { String(key.map { $0 == "_" ? "-" : $0 }) }

  /// Puts a value into a configuration.
  ///
  /// - Parameter place: where it was said: "--epochs", "run.toml:3: 'epochs'".
  func apply(_ value: SettingValue, to configuration: inout Configuration, place: String) throws(CommandError) {
    guard write(value, &configuration) else {
      var advice = ""
      if let text = value.asText, !choices.isEmpty, let near = Names.nearest(text, among: choices).first {
        advice = "; did you mean '\(near)'?"
      } else if let text = value.asText, expected.hasPrefix("a whole number of"), Int(text) == nil,
        !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber })
      {
        advice = "; the most is \(Int.max)"
      }
      throw .usage("\(place): expected \(expected), got \(value.shown)\(advice)")
    }
  }
}

extension SettingOf {
  typealias Path<Value> = any WritableKeyPath<Configuration, Value> & Sendable

  static func number(
    _ section: String, _ key: String, _ path: Path<Double>, _ range: NumberRange, _ help: String
  ) -> SettingOf {
    SettingOf(
      section: section, key: key, help: help, standard: NumberText.shortest(Configuration()[keyPath: path]),
      expected: "a number \(range.words)", placeholder: "number",
      write: { value, configuration in
        guard let number = value.asNumber, range.contains(number) else { return false }
        configuration[keyPath: path] = number
        return true
      },
      read: { .number($0[keyPath: path]) })
  }

  /// A number, or "auto".
  static func number(
    _ section: String, _ key: String, _ path: Path<Double?>, _ range: NumberRange, standard: String, _ help: String
  ) -> SettingOf {
    SettingOf(
      section: section, key: key, help: help, standard: standard, expected: "a number \(range.words), or auto",
      placeholder: "number",
      write: { value, configuration in
        if value.asText == "auto" {
          configuration[keyPath: path] = nil
          return true
        }
        guard let number = value.asNumber, range.contains(number) else { return false }
        configuration[keyPath: path] = number
        return true
      },
      read: { $0[keyPath: path].map { .number($0) } ?? .text("auto") })
  }

  static func integer(
    _ section: String, _ key: String, _ path: Path<Int>, from least: Int, _ help: String
  ) -> SettingOf {
    SettingOf(
      section: section, key: key, help: help, standard: "\(Configuration()[keyPath: path])",
      expected: "a whole number of at least \(least)", placeholder: "count",
      write: { value, configuration in
        guard let number = value.asInteger, number >= least else { return false }
        configuration[keyPath: path] = number
        return true
      },
      read: { .integer($0[keyPath: path]) })
  }

  /// A whole number, or the word that stands for leaving it to the tool.
  static func integer(
    _ section: String, _ key: String, _ path: Path<Int?>, from least: Int, to most: Int = .max,
    or word: String = "auto", standard: String, _ help: String
  ) -> SettingOf {
    SettingOf(
      section: section, key: key, help: help, standard: standard,
      expected: (most == .max ? "a whole number of at least \(least)" : "a whole number from \(least) to \(most)")
        + ", or \(word)", placeholder: "count",
      write: { value, configuration in
        if value.asText == word {
          configuration[keyPath: path] = nil
          return true
        }
        guard let number = value.asInteger, number >= least, number <= most else { return false }
        configuration[keyPath: path] = number
        return true
      },
      read: { $0[keyPath: path].map { .integer($0) } ?? .text(word) })
  }

  static func flag(_ section: String, _ key: String, _ path: Path<Bool>, _ help: String) -> SettingOf {
    SettingOf(
      section: section, key: key, help: help, standard: Configuration()[keyPath: path] ? "yes" : "no",
      expected: "true or false", placeholder: "flag",
      write: { value, configuration in
        guard let flag = value.asFlag else { return false }
        configuration[keyPath: path] = flag
        return true
      },
      read: { .flag($0[keyPath: path]) })
  }

  /// A flag, or "auto".
  static func flag(
    _ section: String, _ key: String, _ path: Path<Bool?>, standard: String, _ help: String
  ) -> SettingOf {
    SettingOf(
      section: section, key: key, help: help, standard: standard, expected: "true, false or auto", placeholder: "flag",
      write: { value, configuration in
        guard value.asFlag != nil || value.asText == "auto" else { return false }
        configuration[keyPath: path] = value.asFlag
        return true
      },
      read: { $0[keyPath: path].map { .flag($0) } ?? .text("auto") })
  }

  static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ section: String, _ key: String, _ path: Path<Choice>, _ help: String
  ) -> SettingOf {
    let names = Choice.allCases.map(\.rawValue)
    return SettingOf(
      section: section, key: key, help: help + ": " + listed(names),
      standard: Configuration()[keyPath: path].rawValue, expected: "one of " + names.joined(separator: ", "),
      placeholder: "name", choices: names,
      write: { value, configuration in
        guard let text = value.asText, let choice = Choice(rawValue: text) else { return false }
        configuration[keyPath: path] = choice
        return true
      },
      read: { .text($0[keyPath: path].rawValue) })
  }

  /// A choice, or "auto".
  static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ section: String, _ key: String, _ path: Path<Choice?>, standard: String, _ help: String
  ) -> SettingOf {
    let names = Choice.allCases.map(\.rawValue)
    return SettingOf(
      section: section, key: key, help: help + ": " + listed(names), standard: standard,
      expected: "one of " + (names + ["auto"]).joined(separator: ", "), placeholder: "name", choices: names + ["auto"],
      write: { value, configuration in
        guard let text = value.asText else { return false }
        let choice = Choice(rawValue: text)
        guard choice != nil || text == "auto" else { return false }
        configuration[keyPath: path] = choice
        return true
      },
      read: { .text($0[keyPath: path]?.rawValue ?? "auto") })
  }

  private static func listed(_ names: [String]) -> String {
    names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }
}
