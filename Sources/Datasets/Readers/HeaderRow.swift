// SPDX-License-Identifier: Apache-2.0
// Espalier: whether a table names its columns.

/// Whether a table's first line names its columns.
public enum HeaderRow: String, Sendable, CaseIterable {
  /// A header has text where the next line has numbers, or has no numbers at all.
  case detect
  /// The first line is names.
  case present
  /// The first line is data.
  case absent
}
