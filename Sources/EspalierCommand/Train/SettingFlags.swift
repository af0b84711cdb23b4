// SPDX-License-Identifier: Apache-2.0
// Espalier: flags as settings.

/// Flags that stand for settings: what was given goes through the same door as a file's values.
protocol SettingFlags {
  /// Each flag, without its dashes, and what was given; nil when it was not.
  var given: [(flag: String, value: SettingValue?)] { get }
}

extension SettingFlags {
  func word(_ text: String?) -> SettingValue? { text.map { .word($0) } }
  func switched(_ flag: Bool?) -> SettingValue? { flag.map { .flag($0) } }
  func words(_ texts: [String]) -> SettingValue? { texts.isEmpty ? nil : .list(texts.map { .word($0) }) }

  /// Puts what was given into a configuration.
  func apply<Configuration: Configurable>(to configuration: inout Configuration) throws(CommandError) {
    let given = given.compactMap { flag, value in value.map { (flag, $0) } }
    let budgets = Configuration.budgets.map { key in Configuration.settings.first { $0.key == key }?.flag ?? key }
    let both = given.map(\.0).filter { budgets.contains($0) }
    if both.count > 1 {
      throw .usage(
        "expected one of " + budgets.map { "--" + $0 }.joined(separator: ", ") + ", got "
          + both.map { "--" + $0 }.joined(separator: " and "))
    }
    for (flag, value) in given {
      guard let setting = SettingOf<Configuration>.named(flag) else { continue }
      try setting.apply(value, to: &configuration, place: "--" + flag)
    }
  }
}
