// SPDX-License-Identifier: Apache-2.0
// Espalier: an account of entities in words.

extension EntityBehaviour: CustomStringConvertible {
  /// The account as text: a line of counts, the verdict on interpenetration, then the entities with their actions and perceptions.
  public var description: String {
    var lines = [
      "\(entities.count) entities, \(occurrenceCount) occurrences in \(entities.trajectories.count) possible trajectories"
    ]
    lines.append(
      interpenetration.map { "interpenetration: \($0)" }
        ?? "no interpenetration: futures of one past exclude each other")
    var next = 0
    for (place, entity) in entities.entities.enumerated() {
      lines.append("entity \(place): \(entities.words(for: entity.pattern)), \(Self.numbers(entity))")
      while next < steps.count, steps[next].entity == place {
        lines += account(of: steps[next])
        next += 1
      }
    }
    return lines.joined(separator: "\n")
  }

  /// "p 0.25, ι 1 bit".
  private static func numbers(_ entity: EntitySet<Scalar>.Entity) -> String {
    "p \(short(entity.probability))" + (entity.integration.map { ", ι \(short($0)) bits" } ?? "")
  }

  /// A fraction as it is, a `Double` to six places.
  private static func short<Number: ProbabilityScalar>(_ value: Number) -> String {
    guard Number.rowTolerance != .zero else { return "\(value)" }
    let rounded = (value.approximation * 1e6).rounded() / 1e6
    return rounded == 0 && value.approximation != 0 ? "\(value.approximation)" : "\(rounded)"
  }

  private func account(of step: Step) -> [String] {
    var lines: [String] = []
    let kinds = step.kinds.isEmpty ? "" : " (\(step.kinds))"
    lines.append("  time \(step.time): acts in \(step.acting) of \(step.occurrences) occurrences\(kinds)")
    switch step.perceiving {
    case .undefined(let found):
      lines.append("    perceptions not defined: entities \(found.first) and \(found.second) interpenetrate")
    case .perceptions(let perceptions):
      let branches = perceptions.branches.map { entities.words(for: $0) }
      lines.append(
        "    tells \(perceptions.environmentCount) environments apart as \(perceptions.classes.count); branches: "
          + branches.joined(separator: " | "))
      for (number, perception) in perceptions.classes.enumerated() {
        let environments = perception.environments.map { $0.count == 0 ? "(nothing)" : entities.words(for: $0) }
        lines.append(
          "    perception \(number + 1): " + environments.joined(separator: " | ") + " → "
            + perception.branchMorph.map { Self.short($0) }.joined(separator: ", "))
      }
    }
    return lines
  }
}
