// SPDX-License-Identifier: Apache-2.0
// Espalier: a JSON value.

/// A JSON value whose objects keep the order of their keys.
///
///     let line: JSONValue = ["epoch": 3, "loss": 0.25]
///     line.text()   // {"epoch":3,"loss":0.25}
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number written without point and exponent that fits `Int`.
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// Keys are unique when the value comes from the parser.
  case object([Member])

  /// One key of an object and its value.
  package struct Member: Sendable, Equatable {
    package var key: String
    package var value: JSONValue

    package init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// The value of a key, nil when there is none or when this is no object.
  ///
  /// - Complexity: O(*keys*).
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The number as an integer, nil when it is none.
  package var asInt: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The number, nil when this is none.
  package var asDouble: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The truth value, nil when this is none.
  package var asBool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The text, nil when this is none.
  package var asString: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The elements, nil when this is no array.
  package var asArray: [JSONValue]? {
    guard case .array(let value) = self else { return nil }
    return value
  }

  /// The members, nil when this is no object.
  package var asObject: [Member]? {
    guard case .object(let value) = self else { return nil }
    return value
  }

  /// What kind of value this is, for messages: "a number".
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a Boolean"
    case .integer, .number: "a number"
    case .string: "a text"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  package init(nilLiteral: ()) { self = .null }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}
