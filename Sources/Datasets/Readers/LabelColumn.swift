// SPDX-License-Identifier: Apache-2.0
// Espalier: where a table keeps its labels.

/// The column of a table that holds the labels.
public enum LabelColumn: Sendable, Equatable {
  /// The column named label, class, target or y, else the last.
  case automatic
  /// The column of this name.
  case name(String)
  /// The column at this position from 0; negative ones count from the end, -1 is the last.
  case index(Int)
  /// No labels: every column is a feature.
  case none

  /// Understands what a user types: `none`, a whole number, or else a name.
  public init(_ text: String) {
    self = text == "none" ? .none : Int(text).map { .index($0) } ?? .name(text)
  }
}
