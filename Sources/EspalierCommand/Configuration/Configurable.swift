// SPDX-License-Identifier: Apache-2.0
// Espalier: what a command can be told.

/// All that a command can be told, as a value: flag over file over default.
protocol Configurable: Sendable {
  /// The defaults.
  init()
  /// Every setting, in the order of files and of `--help`.
  static var settings: [SettingOf<Self>] { get }
  /// The keys of which one can be said at a time.
  static var budgets: [String] { get }
  /// The command that reads such files, for their first line.
  static var command: String { get }
}
