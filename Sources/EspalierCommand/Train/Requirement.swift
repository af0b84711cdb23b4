// SPDX-License-Identifier: Apache-2.0
// Espalier: what a result must reach.

internal import Datasets
internal import Training

/// A condition on a number of the summary, such as `test_accuracy>=0.965`.
struct Requirement: Equatable, Sendable, CustomStringConvertible {
  /// How the number is compared with the bound.
  enum Relation: String, CaseIterable, Sendable {
    case atLeast = ">="
    case atMost = "<="
    case above = ">"
    case below = "<"

    func holds(_ value: Double, _ bound: Double) -> Bool {
      switch self {
      case .atLeast: value >= bound
      case .atMost: value <= bound
      case .above: value > bound
      case .below: value < bound
      }
    }
  }

  let name: String
  let relation: Relation
  let bound: Double

  var description: String { name + relation.rawValue + NumberText.shortest(bound) }

  /// Understands what a user writes.
  init(_ text: String) throws(CommandError) {
    let plain = String(text.filter { $0 != " " })
    guard let relation = Relation.allCases.first(where: { plain.contains($0.rawValue) }),
      let sign = plain.firstIndex(where: { $0 == ">" || $0 == "<" }),
      let bound = Double(plain[sign...].dropFirst(relation.rawValue.count)), !bound.isNaN
    else {
      throw .usage("--require: expected a name, one of >= <= > <, and a number, got '\(text)'")
    }
    name = String(plain[..<sign])
    guard RunSummary.numbers.contains(name) else {
      throw .usage("--require: no '\(name)' in the summary; " + Names.advice(for: name, among: RunSummary.numbers))
    }
    self.relation = relation
    self.bound = bound
  }

  /// Says how a summary misses the requirement; nil when it does not.
  func miss(in summary: JSONValue) -> String? {
    guard let value = summary[name]?.asDouble else {
      return "required \(self), but this run has no \(name)"
    }
    guard !relation.holds(value, bound) else { return nil }
    return "required \(self), got \(NumberText.significant(value, digits: 6))"
  }

  /// Holds a summary against requirements as a user writes them.
  ///
  /// - Throws: ``CommandError`` that names those missed.
  static func check(_ texts: [String], _ summary: JSONValue) throws(CommandError) {
    var misses: [String] = []
    for text in texts {
      if let miss = try Requirement(text).miss(in: summary) { misses.append(miss) }
    }
    guard misses.isEmpty else { throw CommandError(.unfulfilled, misses.joined(separator: "; ")) }
  }
}
