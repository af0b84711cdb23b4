// SPDX-License-Identifier: Apache-2.0
// Espalier: what can go wrong when entities are looked for.

/// Why a model, a pattern or a question about it was refused.
public enum EntityError: Error, Equatable, Sendable {
  /// A model is not what it must be: where, what was expected there, what came.
  case model(place: String, expected: String, got: String)
  /// A pattern, a trajectory or a partition does not fit its model.
  case pattern(expected: String, got: String)
  /// A pattern has probability 0: surprisals, and all that is built from them, are not defined for it.
  case impossible(pattern: String, advice: String = "choose a trajectory that the model can take")
  /// The question would need more memory or time than the stated budget.
  case tooLarge(what: String, limit: String, got: String, advice: String)
  /// The question has no answer, and why.
  case undefined(what: String, reason: String)
}

extension EntityError: CustomStringConvertible {
  /// The error in one line: what was expected, what came, what to do.
  public var description: String {
    switch self {
    case .model(let place, let expected, let got): "\(place): expected \(expected), got \(got)"
    case .pattern(let expected, let got): "expected \(expected), got \(got)"
    case .impossible(let pattern, let advice): "\(pattern) has probability 0; \(advice)"
    case .tooLarge(let what, let limit, let got, let advice): "\(what): at most \(limit), got \(got); \(advice)"
    case .undefined(let what, let reason): "\(what) is not defined: \(reason)"
    }
  }
}
