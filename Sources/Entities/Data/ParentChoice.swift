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
}
