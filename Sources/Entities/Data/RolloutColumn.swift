// SPDX-License-Identifier: Apache-2.0
// Espalier: a column of rollouts.

/// A variable over all steps of all episodes.
public struct RolloutColumn: Sendable, Hashable {
  /// What a column holds.
  public enum Values: Sendable, Hashable {
    /// Finite numbers, one a row.
    case numbers([Double])
    /// Texts, as indices into their sorted list; a column in which at least one field is no number.
    case texts([Int], names: [String])
  }

  /// What the variable is called.
  public let name: String
  /// Its values, row after row.
  public let values: Values
  /// The first field that is no number, for messages: "'red' in line 3, column 2 ('color')".
  let firstText: String

  /// A column of finite numbers.
  public init(_ name: String, numbers: [Double]) {
    precondition(numbers.allSatisfy(\.isFinite), "numbers that are not finite in column \(name)")
    self.init(name, .numbers(numbers), firstText: "")
  }

  /// A column of texts.
  public init(_ name: String, texts: [String]) {
    let names = Set(texts).sorted()
    let places = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    self.init(name, .texts(texts.map { places[$0] ?? 0 }, names: names), firstText: texts.first.map { "'\($0)'" } ?? "")
  }

  init(_ name: String, _ values: Values, firstText: String) {
    (self.name, self.values, self.firstText) = (name, values, firstText)
  }

  /// How many rows it has.
  public var count: Int {
    switch values {
    case .numbers(let numbers): numbers.count
    case .texts(let codes, _): codes.count
    }
  }
}
