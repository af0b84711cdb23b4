// SPDX-License-Identifier: Apache-2.0
// Espalier: what can go wrong with an environment.

/// What can go wrong with an environment that is not the programmer's mistake.
public enum EnvironmentError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No environment has this name; `nearest` is the most similar one.
  case unknown(name: String, nearest: String?)
  /// A setting that the environment does not take.
  case setting(environment: String, name: String, expected: String, got: String)
  /// A saved state that is not one of this environment.
  case state(environment: String, expected: String, got: String)
  /// The process behind the environment ended; `report` is the end of what it said.
  case ended(environment: String, how: String, report: String)
  /// The process behind the environment did not answer in time; `report` is the end of what it said.
  case silent(environment: String, seconds: Double, waitingFor: String, report: String)
  /// The environment itself failed, in another language for instance; `report` is its own account.
  case failed(environment: String, during: String, message: String, report: String)
  /// What came does not follow the protocol or the space.
  case broken(environment: String, expected: String, got: String)

  /// What was expected, what came, what to do.
  public var description: String {
    switch self {
    case .unknown(let name, let nearest):
      "environment '\(name)': expected one of `espalier agent list`" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
    case .setting(let environment, let name, let expected, let got):
      "environment '\(environment)', \(name): expected \(expected), got \(got)"
    case .state(let environment, let expected, let got):
      "environment '\(environment)', saved state: expected \(expected), got \(got)"
    case .ended(let environment, let how, let report):
      "environment '\(environment)': its process \(how)" + Self.indented(report)
    case .silent(let environment, let seconds, let waiting, let report):
      "environment '\(environment)': expected an answer to \(waiting) within \(seconds) s, got none; its process was ended"
        + Self.indented(report)
    case .failed(let environment, let during, let message, let report):
      "environment '\(environment)' failed in \(during): \(message)" + Self.indented(report)
    case .broken(let environment, let expected, let got):
      "environment '\(environment)': expected \(expected), got \(got)"
    }
  }

  private static func indented(_ report: String) -> String {
    report.isEmpty ? "" : "\n" + report.split(separator: "\n").map { "  | " + $0 }.joined(separator: "\n")
  }
}
