// SPDX-License-Identifier: Apache-2.0
// Espalier: two ways to say how many connections a random graph has.

/// How many connections an Erdős–Rényi topology has: by neuron, or as a share of all cells.
public enum ErdosRenyiBudget: Sendable, Equatable {
  /// Each layer gets this many times (*outputs* + *inputs*).
  case epsilon(Double)
  /// All layers together get this share of their cells.
  case density(Double)
}
