// SPDX-License-Identifier: Apache-2.0
// Espalier: reading cellular automata.

internal import Datasets

/// Reads the kinds `elementary_ca` and `life_region`.
struct AutomatonReader {
  private let root: JSONPlace
  private let limits: ModelLimits

  init(_ root: JSONPlace, limits: ModelLimits) {
    self.root = root
    self.limits = limits
  }

  func elementary() throws(FileError) -> ElementaryAutomatonDescription {
    try root.check(keys: ["kind", "rule", "ring", "time_steps", "initial", "name", "description"])
    let rule = try root.required("rule").count(0...255)
    let ring = try root.required("ring").count(1...limits.nodes)
    let timeSteps = try root.required("time_steps").count(1...max(1, limits.nodes / ring))
    return ElementaryAutomatonDescription(
      rule: rule, ring: ring, timeSteps: timeSteps, initial: try law(shapes: [[ring]]))
  }

  func life() throws(FileError) -> LifeRegionDescription {
    try root.check(keys: ["kind", "rows", "cols", "time_steps", "initial", "name", "description"])
    let rows = try root.required("rows").count(1...limits.nodes)
    let columns = try root.required("cols").count(1...max(1, limits.nodes / rows))
    let timeSteps = try root.required("time_steps").count(1...max(1, limits.nodes / (rows * columns)))
    return LifeRegionDescription(
      rows: rows, columns: columns, timeSteps: timeSteps,
      initial: try law(shapes: [[rows * columns], [rows, columns]]))
  }

  /// A density, "uniform" for 1/2, or a probability a cell.
  private func law(shapes: [[Int]]) throws(FileError) -> CellLaw {
    let place = try root.required("initial")
    if place.value.asString == "uniform" { return .density(.text("1/2")) }
    if place.value.asArray == nil {
      guard JSONPlace.literal(place.value) != nil else { throw place.failure("a density, or a probability a cell") }
      let literal = try place.literal()
      try check(literal, place: place, at: nil)
      return .density(literal)
    }
    let literals = try place.literals(shapes: shapes)
    for (index, literal) in literals.enumerated() { try check(literal, place: place, at: index) }
    return .cells(literals)
  }

  private func check(_ literal: ProbabilityLiteral, place: JSONPlace, at index: Int?) throws(FileError) {
    guard let value = literal.doubleValue, value >= 0, value <= 1 else {
      throw place.failure(
        "a probability from 0 to 1", got: LiteralTable.words(literal),
        inside: index.map { ", cell \($0)" } ?? "")
    }
  }
}
