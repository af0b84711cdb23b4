// SPDX-License-Identifier: Apache-2.0
// Espalier: a run's configuration as a file.

internal import Datasets
internal import TOMLKit
internal import Training

/// Reads and writes configurations: TOML with the sections of ``Setting``, or the same as JSON.
struct ConfigurationFile {
  let path: String
  private let text: String
  private let entries: [Entry]

  /// One key with its value.
  struct Entry: Equatable {
    let section: String
    let key: String
    let value: SettingValue
  }

  /// Reads a file.
  ///
  /// - Throws: ``CommandError`` for a text that is neither TOML nor JSON; `FileError` for a missing file.
  init(_ path: String) throws {
    let bytes = try InputFile.contents(of: path, limit: 1 << 20)
    try self.init(text: String(decoding: bytes, as: UTF8.self), path: path)
  }

  init(text: String, path: String) throws(CommandError) {
    self.path = path
    self.text = text
    let isJSON = text.first { !$0.isWhitespace } == "{"
    entries = isJSON ? try Self.json(text, path) : try Self.toml(text, path)
  }

  /// Puts every value of the file into a configuration.
  ///
  /// - Throws: ``CommandError`` for unknown keys, with the nearest known one and the line, and for wrong values.
  func apply<Configuration: Configurable>(to configuration: inout Configuration) throws(CommandError) {
    let budgets = entries.filter { Configuration.budgets.contains($0.key) && $0.value != .text("auto") }
    if budgets.count > 1 {
      throw .usage(
        "\(place(budgets[1])): expected one of \(Configuration.budgets.joined(separator: ", ")), got "
          + budgets.map(\.key).joined(separator: " and "))
    }
    for entry in entries { try apply(entry, to: &configuration) }
  }

  private func apply<Configuration: Configurable>(
    _ entry: Entry, to configuration: inout Configuration
  ) throws(CommandError) {
    let settings = Configuration.settings
    guard let setting = settings.first(where: { $0.key == entry.key && $0.section == entry.section }) else {
      throw .usage("\(place(entry)): unknown key '\(entry.key)'\(Self.advice(for: entry, among: settings))")
    }
    try setting.apply(entry.value, to: &configuration, place: "\(place(entry)): '\(entry.key)'")
  }

  private static func advice<Configuration>(
    for entry: Entry, among settings: [SettingOf<Configuration>]
  ) -> String {
    let sections = settings.map(\.section).reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
    if !entry.section.isEmpty && !sections.contains(entry.section) {
      return " in the unknown section [\(entry.section)]; " + Names.advice(for: entry.section, among: sections)
    }
    if let other = settings.first(where: { $0.key == entry.key }) { return "; it belongs in [\(other.section)]" }
    let inSection = settings.filter { $0.section == entry.section }.map(\.key)
    let near = Names.nearest(entry.key, among: inSection)
    if near.isEmpty, let far = Names.nearest(entry.key, among: settings.map(\.key)).first,
      let setting = settings.first(where: { $0.key == far })
    {
      return "; did you mean '\(far)' in [\(setting.section)]?"
    }
    return (entry.section.isEmpty ? "; " : " in [\(entry.section)]; ")
      + Names.advice(for: entry.key, among: inSection.isEmpty ? settings.map(\.key) : inSection)
  }

  private func place(_ entry: Entry) -> String {
    line(of: entry).map { "\(path):\($0)" } ?? path
  }

  /// The line on which a key stands, from 1; nil when the file is written in another way than one key a line.
  private func line(of entry: Entry) -> Int? {
    var section = ""
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let words = line.drop { $0 == " " || $0 == "\t" }
      if words.hasPrefix("[") {
        section = String(words.dropFirst().prefix { $0 != "]" })
      } else if section == entry.section, words.prefix(while: { $0 != "=" && $0 != " " }) == entry.key {
        return number + 1
      }
    }
    return nil
  }
}

extension ConfigurationFile {
  private static func toml(_ text: String, _ path: String) throws(CommandError) -> [Entry] {
    if let line = lineOfBrokenHeader(text) {
      throw .usage("\(path):\(line): expected TOML; a section is written as [training]")
    }
    let root: TOMLTable
    do {
      root = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      throw .usage("\(path):\(error.source.begin.line): expected TOML; \(error.description)")
    } catch {
      throw .usage("\(path): expected TOML; \(error)")
    }
    var entries: [Entry] = []
    for (key, value) in root {
      if let table = value.table {
        for (inner, value) in table { entries.append(Entry(section: key, key: inner, value: setting(value))) }
      } else {
        entries.append(Entry(section: "", key: key, value: setting(value)))
      }
    }
    return entries
  }

  /// The first line, from 1, whose opening brackets are followed by nothing that can begin a name.
  ///
  /// TOMLKit's parser ends the process there, by an assertion. Scalars and not characters: it reads those.
  private static func lineOfBrokenHeader(_ text: String) -> Int? {
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    let broken = lines.firstIndex { line in
      var rest = line.drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
      guard rest.first == "[" else { return false }
      rest = rest.dropFirst()
      if rest.first == "[" { rest = rest.dropFirst() }
      guard let next = rest.first(where: { $0 != " " && $0 != "\t" }) else { return true }
      return
        !(next.isASCII && (next.properties.isAlphabetic || ("0"..."9").contains(next))
        || "-_\"']".unicodeScalars.contains(next))
    }
    return broken.map { $0 + 1 }
  }

  private static func setting(_ value: any TOMLValueConvertible) -> SettingValue {
    switch value.type {
    case .bool: value.bool.map { .flag($0) } ?? .other("a Boolean")
    case .int: value.int.map { .integer($0) } ?? .other("a whole number beyond 64 bits")
    case .double: value.double.map { .number($0) } ?? .other("a number")
    case .string: value.string.map { .text($0) } ?? .other("a text")
    case .array: .list(value.array.map { $0.map { setting($0) } } ?? [])
    case .table: .other("a table")
    default: .other("a date or time")
    }
  }

  private static func json(_ text: String, _ path: String) throws(CommandError) -> [Entry] {
    let root: JSONValue
    do throws(JSONError) {
      root = try JSONValue(parsing: text)
    } catch {
      throw .usage("\(path): expected JSON; \(error)")
    }
    return (root.asObject ?? []).flatMap { member -> [Entry] in
      guard let inner = member.value.asObject else {
        return [Entry(section: "", key: member.key, value: setting(member.value))]
      }
      return inner.map { Entry(section: member.key, key: $0.key, value: setting($0.value)) }
    }
  }

  private static func setting(_ value: JSONValue) -> SettingValue {
    switch value {
    case .null: .other("null")
    case .bool(let value): .flag(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .string(let value): .text(value)
    case .array(let values): .list(values.map { setting($0) })
    case .object: .other("a table")
    }
  }
}

extension Configurable {
  /// The configuration as TOML, every key with its value.
  ///
  /// What was left to the tool stays "auto", so that the file can be changed and used again; what it came to stands in
  /// a comment.
  ///
  /// - Parameter outcome: the same configuration after everything that follows from it has been filled in.
  func toml(outcome: Self) -> String {
    var text = "# Espalier \(EspalierCommand.version). To do it again: \(Self.command) --config THIS_FILE\n"
    var section = ""
    for setting in Self.settings {
      let asked = setting.read(self)
      let came = setting.read(outcome)
      guard asked != nil || came != nil else { continue }
      if setting.section != section {
        section = setting.section
        text += "\n[\(section)]\n"
      }
      switch (asked, came) {
      case (let asked?, let came?) where asked != came: text += "\(setting.key) = \(asked.toml)  # \(came.toml)\n"
      case (let asked?, _): text += "\(setting.key) = \(asked.toml)\n"
      case (nil, let came?): text += "# \(setting.key) = \(came.toml)\n"
      case (nil, nil): break
      }
    }
    return text
  }
}
