// SPDX-License-Identifier: Apache-2.0
// Espalier: losses in files.

internal import Datasets
internal import NeuralNetworks

extension Loss {
  /// The loss's name in files and tables.
  package var name: String {
    switch self {
    case .crossEntropy: "cross_entropy"
    case .meanSquaredError: "mean_squared_error"
    case .huber: "huber"
    case .binaryCrossEntropy: "binary_cross_entropy"
    }
  }

  /// The name and, where it is not the usual one, the setting: "huber 0.5".
  package var written: String {
    switch self {
    case .crossEntropy(let smoothing) where smoothing != 0: name + " " + NumberText.shortest(smoothing)
    case .huber(let delta) where delta != 1: name + " " + NumberText.shortest(delta)
    default: name
    }
  }

  /// Reads what `written` gives; nil for anything else.
  package init?(written text: String) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    let setting = parts.count == 2 ? Float(parts[1]) : nil
    switch (parts[0], parts.count, setting) {
    case ("cross_entropy", 1, _): self = .crossEntropy
    case ("cross_entropy", 2, let smoothing?) where smoothing >= 0 && smoothing < 1:
      self = .crossEntropy(labelSmoothing: smoothing)
    case ("mean_squared_error", 1, _): self = .meanSquaredError
    case ("huber", 1, _): self = .huber
    case ("huber", 2, let delta?) where delta > 0 && delta.isFinite: self = .huber(delta: delta)
    case ("binary_cross_entropy", 1, _): self = .binaryCrossEntropy
    default: return nil
    }
  }
}
