// SPDX-License-Identifier: Apache-2.0
// Espalier: the first step of a cellular automaton, as it stands in a file.

/// How the cells of a cellular automaton begin: independent of each other, each alive with a probability.
public enum CellLaw: Sendable, Hashable {
  /// The same probability for all cells.
  case density(ProbabilityLiteral)
  /// A probability a cell, row after row; 0 and 1 fix it.
  case cells([ProbabilityLiteral])
}
