// SPDX-License-Identifier: Apache-2.0
// Espalier: settings of an environment in another language.

internal import Datasets

/// Settings that an environment of another process is made with: the keyword arguments of `gymnasium.make`.
///
///     let settings: EnvironmentSettings = ["is_slippery": false, "map_name": "8x8"]
///     let same = try EnvironmentSettings(json: #"{"is_slippery": false, "map_name": "8x8"}"#)
public struct EnvironmentSettings: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// One setting's value.
  public enum Value: Sendable, Equatable {
    /// None.
    case null
    /// True or false.
    case flag(Bool)
    /// A whole number.
    case integer(Int)
    /// A number; it must be finite.
    case number(Double)
    /// A text.
    case text(String)
    /// Several values.
    case list([Value])
    /// Values by name.
    case named([String: Value])
  }

  /// The values by name.
  public var values: [String: Value]

  /// Takes values by name.
  public init(_ values: [String: Value] = [:]) { self.values = values }

  /// Takes values by name; of a name that comes twice, the last value.
  public init(dictionaryLiteral elements: (String, Value)...) {
    self.init(Dictionary(elements) { _, last in last })
  }

  /// Reads a JSON object, such as a flag of the command line has it.
  ///
  /// - Throws: ``EnvironmentError/setting(environment:name:expected:got:)``.
  public init(json text: String, for environment: String = "") throws(EnvironmentError) {
    func refusal(_ got: String) -> EnvironmentError {
      .setting(environment: environment, name: "settings", expected: "an object in JSON", got: got)
    }
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue(parsing: text) } catch { throw refusal("a fault at \(error)") }
    guard case .named(let values) = Value(value) else { throw refusal(value.kind) }
    self.init(values)
  }

  /// The settings as a JSON object, its keys sorted.
  public var json: String { Value.named(values).json.text() }
}

extension EnvironmentSettings.Value {
  init(_ value: JSONValue) {
    switch value {
    case .null: self = .null
    case .bool(let value): self = .flag(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .string(let value): self = .text(value)
    case .array(let values): self = .list(values.map { Self($0) })
    case .object(let members):
      self = .named(Dictionary(members.map { ($0.key, Self($0.value)) }) { _, last in last })
    }
  }

  var json: JSONValue {
    switch self {
    case .null: .null
    case .flag(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .text(let value): .string(value)
    case .list(let values): .array(values.map(\.json))
    case .named(let values):
      .object(values.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, $0.value.json) })
    }
  }
}

extension EnvironmentSettings.Value: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// None.
  public init(nilLiteral: ()) { self = .null }
  /// True or false.
  public init(booleanLiteral value: Bool) { self = .flag(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// Several values.
  public init(arrayLiteral elements: Self...) { self = .list(elements) }
  /// Values by name; of a name that comes twice, the last value.
  public init(dictionaryLiteral elements: (String, Self)...) {
    self = .named(Dictionary(elements) { _, last in last })
  }
}
