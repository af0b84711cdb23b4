// SPDX-License-Identifier: Apache-2.0
// Espalier: one run of a comparison.

internal import Datasets
internal import Training

/// One run of a comparison: a method, a sparsity and a seed.
struct ComparisonCell: Equatable, Hashable, Sendable {
  let method: EvolutionSettings.Method
  /// The share of connections that do not exist; nil for dense and N:M networks, which are run once for all sparsities.
  let sparsity: Double?
  let seed: Int

  init(_ method: EvolutionSettings.Method, sparsity: Double, seed: Int) {
    self.method = method
    self.sparsity = method == .dense || method == .nm ? nil : sparsity
    self.seed = seed
  }

  /// The name of its file and in messages: "set-0.95-s1", "dense-s2".
  var name: String {
    ([method.rawValue] + [sparsity.map(NumberText.shortest), "s\(seed)"].compactMap { $0 }).joined(separator: "-")
  }

  /// The settings of the run, from those that all runs share.
  func configuration(_ base: RunConfiguration) -> RunConfiguration {
    var result = base
    result.evolution.method = method
    if method != .nm { result.topology.budget = sparsity.map { .sparsity($0) } }
    result.training.seed = seed
    result.training.seeds = 1
    return result
  }
}
