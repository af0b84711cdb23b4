// SPDX-License-Identifier: Apache-2.0
// Espalier: a value inside a JSON file, and where it stands.

internal import Datasets

/// A JSON value that knows its place, so that what is wrong with it can be told: "cpts[2].table".
struct JSONPlace {
  let value: JSONValue
  /// The way from the root, empty for the root itself.
  let place: String
  let path: String

  /// Why the value is refused; `inside` is the way from here to the part that is wrong.
  func failure(_ expected: String, got: String? = nil, inside: String = "", advice: String = "") -> FileError {
    let full = place + inside
    return .format(
      path: path, expected: full.isEmpty ? expected : "\(expected) in \(full)", got: got ?? Self.words(value),
      advice: advice)
  }

  /// What a value is, in a few words.
  static func words(_ value: JSONValue) -> String {
    switch value {
    case .integer(let number): "\(number)"
    case .number(let number): NumberText.shortest(number)
    case .string(let text): "'\(text.prefix(40))'"
    case .array(let elements): "a list of \(elements.count)"
    case .null, .bool, .object: value.kind
    }
  }

  /// Refuses an object with keys that are not known, and what is no object.
  func check(keys: [String]) throws(FileError) {
    guard let members = value.asObject else { throw failure("an object with keys such as '\(keys[0])'") }
    for member in members where !keys.contains(member.key) {
      throw failure("known keys", got: "'\(member.key.prefix(40))'", advice: Names.advice(for: member.key, among: keys))
    }
  }

  /// The value of a key; nil when there is none, or when it is null.
  func member(_ key: String) -> JSONPlace? {
    guard let found = value[key], found != .null else { return nil }
    return JSONPlace(value: found, place: place.isEmpty ? key : "\(place).\(key)", path: path)
  }

  /// The value of a key that must be there.
  func required(_ key: String) throws(FileError) -> JSONPlace {
    guard let found = member(key) else { throw failure("a key '\(key)'", got: "none") }
    return found
  }

  /// Another value that stands inside this one.
  func inside(_ value: JSONValue, _ way: String) -> JSONPlace {
    JSONPlace(value: value, place: place + way, path: path)
  }

  /// A whole number within bounds.
  func count(_ range: ClosedRange<Int>) throws(FileError) -> Int {
    guard let number = value.asInt, range.contains(number) else {
      throw failure("a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The elements of a list that must not be empty.
  func elements(_ what: String) throws(FileError) -> [JSONValue] {
    guard let elements = value.asArray else { throw failure("a list of \(what)") }
    guard !elements.isEmpty else { throw failure("a list of \(what)", got: "an empty list") }
    return elements
  }

  /// A probability as it was written; whether it is one is seen when it is made a number.
  static func literal(_ value: JSONValue) -> ProbabilityLiteral? {
    switch value {
    case .integer(let number): .number(Double(number))
    case .number(let number): .number(number)
    case .string(let text) where text.utf8.count <= 400: .text(text)
    default: nil
    }
  }

  /// The probability here.
  func literal() throws(FileError) -> ProbabilityLiteral {
    guard let literal = Self.literal(value) else { throw failure("a probability such as 0.25 or \"1/4\"") }
    return literal
  }

  /// Probabilities in nested lists of one of several shapes, of different depths, flat in row-major order.
  ///
  /// - Throws: `FileError.format` naming the list of the wrong length.
  func literals(shapes: [[Int]]) throws(FileError) -> [ProbabilityLiteral] {
    var depth = 0
    var first: JSONValue? = value
    while let elements = first?.asArray {
      depth += 1
      first = elements.first
    }
    guard let shape = shapes.first(where: { $0.count == depth }) else {
      let texts = shapes.map { shape in
        shape.dropLast().map { "\($0) lists of " }.joined() + "\(shape.last ?? 0) probabilities"
      }
      throw failure(texts.joined(separator: ", or "))
    }
    var way: [Int] = []
    var result: [ProbabilityLiteral] = []
    try fill(value, shape[...], &way, &result)
    return result
  }

  private func fill(
    _ value: JSONValue, _ shape: ArraySlice<Int>, _ way: inout [Int], _ result: inout [ProbabilityLiteral]
  ) throws(FileError) {
    func fault(_ expected: String) -> FileError {
      failure(expected, got: Self.words(value), inside: way.map { "[\($0)]" }.joined())
    }
    guard let count = shape.first else {
      guard let literal = Self.literal(value) else { throw fault("a probability such as 0.25 or \"1/4\"") }
      result.append(literal)
      return
    }
    let isRow = shape.count == 1
    guard let elements = value.asArray, elements.count == count else {
      throw fault(isRow ? "\(count) probabilities" : "a list of \(count) lists")
    }
    for (index, element) in elements.enumerated() {
      way.append(index)
      try fill(element, shape.dropFirst(), &way, &result)
      way.removeLast()
    }
  }
}
