// SPDX-License-Identifier: Apache-2.0
// Espalier: a model's faults told as faults of its file.

public import Datasets

extension FileError {
  /// Tells that the model in a file was refused.
  public init(_ error: EntityError, in path: String) {
    switch error {
    case .model(let place, let expected, let got):
      self = .format(path: path, expected: "\(expected) in \(place)", got: got)
    case .pattern(let expected, let got):
      self = .format(path: path, expected: expected, got: got)
    case .impossible(let pattern, let advice):
      self = .format(path: path, expected: "a possible pattern", got: "\(pattern) of probability 0", advice: advice)
    case .tooLarge(let what, let limit, let got, let advice):
      self = .format(path: path, expected: "\(what): at most \(limit)", got: got, advice: advice)
    case .undefined(let what, let reason):
      self = .format(path: path, expected: what, got: "a model for which it is not defined: \(reason)")
    }
  }
}
