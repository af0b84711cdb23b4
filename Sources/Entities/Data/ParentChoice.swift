// SPDX-License-Identifier: Apache-2.0
// Espalier: which variables a fitted variable depends on.

/// Which variables of the step before a fitted variable depends on.
public enum ParentChoice: Sendable, Hashable {
  /// All of them.
  case all
  /// Itself and so many others that tell the most about it, chosen one after the other by conditional mutual information; fewer when
  /// no other tells more than chance would.
  case informative(Int)
  /// Those of a list for each variable, as indices.
  case chosen([[Int]])

  /// Reads "all" or "informative:2".
  ///
  /// - Throws: `EntityError.model` saying what was expected.
  public init(parsing text: String) throws(EntityError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    if text == "all" {
      self = .all
    } else if parts.count == 2, parts[0] == "informative", let count = Int(parts[1]), count >= 0 {
      self = .informative(count)
    } else {
      throw .model(place: "the parents", expected: "'all' or 'informative:2'", got: "'\(text.prefix(40))'")
    }
  }
}
