// SPDX-License-Identifier: Apache-2.0
// Espalier: what the other side says about its failures.

internal import Datasets

/// What an answer ERROR says.
struct BridgeAccount: Sendable, Equatable {
  /// The request that failed: "make", "step".
  let during: String
  /// The environment at work, among those of its process.
  let world: Int?
  let message: String
  /// The other language's own account, such as a traceback.
  let report: String
  /// What was expected and came, for values that break their space.
  let expected: String?
  let got: String?

  /// Reads ERROR.
  ///
  /// - Throws: ``BridgeFault/broken(expected:got:)``.
  init(reading bytes: [UInt8]) throws(BridgeFault) {
    let json = try JSONValue.message(bytes)
    guard let place = json["where"]?.asString, let text = json["message"]?.asString else {
      throw .broken(expected: "an error with its place and message", got: json.excerpt)
    }
    during = place
    world = json["env"]?.asInt.flatMap { (0..<1 << 24).contains($0) ? $0 : nil }
    report = json["traceback"]?.asString ?? ""
    let isException = json["code"]?.asString == "env_exception"
    message = (isException ? (json["type"]?.asString ?? "an exception") + ": " : "") + text
    expected = json["expected"]?.asString
    got = json["got"]?.asString
  }

  /// As an error of an environment whose first world is `first`.
  func error(in environment: String, first: Int) -> EnvironmentError {
    let place = world.map { " of world \(first + $0)" } ?? ""
    if let expected, let got {
      return .broken(
        environment: environment, expected: expected, got: got + (place.isEmpty ? "" : " in \(during)\(place)"))
    }
    return .failed(environment: environment, during: during + place, message: message, report: report)
  }
}
