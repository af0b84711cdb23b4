// SPDX-License-Identifier: Apache-2.0
// Espalier: what `espalier entities actions` prints.

internal import Espalier

/// Actions and perceptions as text and as JSON.
struct BehaviourReport<Scalar: ProbabilityScalar> {
  private let behaviour: EntityBehaviour<Scalar>
  private var set: EntitySet<Scalar> { behaviour.entities }

  init(_ behaviour: EntityBehaviour<Scalar>) { self.behaviour = behaviour }

  /// The account of the first entities, with the counts of all.
  func text(top: Int) -> String {
    let acting = Set(behaviour.steps.filter { $0.acting > 0 }.map(\.entity)).count
    var lines = [
      "\(NumberText.grouped(set.count)) entities in \(NumberText.grouped(set.trajectories.count)) possible trajectories; "
        + "\(NumberText.grouped(acting)) act",
      behaviour.interpenetration.map { "interpenetration: " + $0.description }
        ?? "no interpenetration: different futures of one past exclude each other",
    ]
    for (place, entity) in set.entities.prefix(top).enumerated() {
      let integration = entity.integration.map { ", ι \(NumberText.fixed($0, decimals: 6)) bits" } ?? ""
      lines.append(
        "\n  \(set.words(for: entity.pattern))   p \(EntitiesReport.number(entity.probability.approximation))\(integration)"
      )
      for step in behaviour.steps where step.entity == place { lines += words(step) }
    }
    if set.count > top { lines.append("\n  … and \(NumberText.grouped(set.count - top)) more (--top, --json)") }
    return lines.joined(separator: "\n") + "\n"
  }

  private func words(_ step: EntityBehaviour<Scalar>.Step) -> [String] {
    let kinds = step.kinds.isEmpty ? "" : " (\(step.kinds))"
    var lines = [
      "    t = \(step.time)  acts in \(NumberText.grouped(step.acting)) of \(NumberText.grouped(step.occurrences)) occurrences\(kinds)"
    ]
    switch step.perceiving {
    case .undefined(let witness):
      lines[0] += "; perceptions not defined: " + set.words(for: witness.patterns[0]) + " and "
      lines[0] += set.words(for: witness.patterns[1]) + " interpenetrate"
    case .perceptions(let perceptions):
      lines[0] += "; \(perceptions.classes.count) perceptions of \(perceptions.environmentCount) environments"
      guard perceptions.classes.count > 1 else { return lines }
      let branches = perceptions.branches.map { set.words(for: $0) }
      for perception in perceptions.classes {
        let environments = perception.environments.prefix(6).map { $0.count == 0 ? "nothing" : set.words(for: $0) }
        let futures = zip(branches, perception.branchMorph).map {
          "\($0) \(NumberText.shortest(($1.approximation * 1e6).rounded() / 1e6))"
        }
        let more = perception.environments.count > 6 ? " | …" : ""
        lines.append(
          "           \(environments.joined(separator: " | "))\(more)  →  \(futures.joined(separator: ", "))")
      }
    }
    return lines
  }

  /// One object: entities, interpenetration and steps.
  var json: JSONValue {
    [
      "trajectories": .integer(set.trajectories.count),
      "entities": .array(
        zip(set.entities, set.occurrences).map { entity, occurrences in
          [
            "nodes": .array(entity.pattern.nodes.map { .integer($0) }),
            "values": .array(entity.pattern.values.map { .integer($0) }), "p": number(entity.probability),
            "cli_bits": .optional(entity.integration), "occurrences": .integer(occurrences.count),
          ]
        }),
      "interpenetration": behaviour.interpenetration.map(json) ?? .null,
      "steps": .array(behaviour.steps.map(json)),
    ]
  }

  /// A fraction as text, a floating-point number as number.
  private func number(_ value: Scalar) -> JSONValue {
    (value as? Rational).map { .string($0.description) } ?? .number(value.approximation)
  }

  private func json(_ witness: Interpenetration) -> JSONValue {
    [
      "first": .integer(witness.first), "second": .integer(witness.second), "time": .integer(witness.time),
      "trajectory": .array(witness.values.map { .integer($0) }),
    ]
  }

  private func json(_ pattern: SpatiotemporalPattern) -> JSONValue {
    ["nodes": .array(pattern.nodes.map { .integer($0) }), "values": .array(pattern.values.map { .integer($0) })]
  }

  private func json(_ occurrence: EntityOccurrence) -> JSONValue {
    [
      "entity": .integer(occurrence.entity),
      "trajectory": .array(set.trajectories[occurrence.trajectory].values.map { .integer($0) }),
    ]
  }

  private func json(_ step: EntityBehaviour<Scalar>.Step) -> JSONValue {
    func action(_ action: EntityAction?, _ other: EntityOccurrence?) -> JSONValue {
      guard let action, let other else { return .null }
      return ["occurrence": json(action.occurrence), "other": json(other)]
    }
    var members: [JSONValue.Member] = [
      .init("entity", .integer(step.entity)), .init("time", .integer(step.time)),
      .init("occurrences", .integer(step.occurrences)), .init("acting", .integer(step.acting)),
      .init("value_action", action(step.valueAction, step.valueAction?.otherValue)),
      .init("extent_action", action(step.extentAction, step.extentAction?.otherExtent)),
    ]
    switch step.perceiving {
    case .undefined(let witness):
      members.append(.init("perceptions", .null))
      members.append(.init("undefined", .string(witness.description)))
    case .perceptions(let perceptions):
      members.append(.init("branches", .array(perceptions.branches.map(json))))
      members.append(
        .init(
          "perceptions",
          .array(
            perceptions.classes.map { perception in
              [
                "environments": .array(perception.environments.map(json)),
                "branch_morph": .array(perception.branchMorph.map(number)),
              ]
            })))
    }
    return .object(members)
  }
}
