// SPDX-License-Identifier: Apache-2.0
// Espalier: what can go wrong with an agent.

public import Environments

/// What can go wrong with an agent that is not the programmer's mistake.
public enum AgentError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A setting out of range.
  case setting(name: String, expected: String, got: String)
  /// Spaces that the algorithm cannot act in or observe.
  case space(algorithm: String, expected: String, got: Space)
  /// A network that cannot be built as asked.
  case network(String)
  /// The saved state is not one of this run.
  case state(expected: String, got: String)
  /// A number stopped being finite.
  case diverged(step: Int, module: String, place: String)
  /// The environment failed.
  case environment(EnvironmentError)

  /// What was expected, what came, what to do.
  public var description: String {
    switch self {
    case .setting(let name, let expected, let got): "\(name): expected \(expected), got \(got)"
    case .space(let algorithm, let expected, let got):
      "\(algorithm): expected \(expected), got \(got); choose another algorithm or environment"
    case .network(let reason): reason
    case .state(let expected, let got):
      "the saved state is of another run: expected \(expected), got \(got); resume with the settings it began with"
    case .diverged(let step, let module, let place):
      "a number is not finite after \(step) steps, in \(place) of the \(module); try a smaller learning rate"
    case .environment(let error): error.description
    }
  }
}

extension AgentError {
  /// Refuses a number out of range.
  static func expect<Number: Comparable>(
    _ name: String, _ number: Number, _ range: ClosedRange<Number>
  ) throws(AgentError) {
    guard range.contains(number) else {
      throw .setting(name: name, expected: "\(range.lowerBound) to \(range.upperBound)", got: "\(number)")
    }
  }
}
