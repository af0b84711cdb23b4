// SPDX-License-Identifier: Apache-2.0
// Espalier: the words and tables of `espalier entities find`.

internal import Espalier

extension EntitiesReport {
  /// What a person reads.
  func text(top: Int) -> String {
    var lines = [head, ""]
    var facts = TextTable([.left, .left])
    facts.add(["complete local integration", integrationWords])
    if let bounds {
      facts.add(["  its bounds", "\(NumberText.fixed(bounds.lower, decimals: 6)) to \(bits(bounds.upper))"])
    }
    if let normalized {
      facts.add(["  normalised", "\(NumberText.fixed(normalized.value, decimals: 6)), at \(normalized.partition)"])
    }
    if let cuts = allCuts[pattern] {
      facts.add(["  least cuts", cuts.map { $0.map(\.description).joined(separator: "   ") } ?? "more than 1,000"])
    }
    let parts = pattern.count < 60 ? (1 << pattern.count) - 1 - pattern.count : 0
    facts.add(["ι-entities", "\(NumberText.grouped(entityCount)) of \(NumberText.grouped(parts)) parts"])
    if let hierarchy { facts.add(["hierarchy", words(hierarchy)]) }
    for asked in asked {
      facts.add([
        "SLI of \(asked.partition)", bits(asked.bits) + (asked.ratio.flatMap(Self.short).map { "   log2 \($0)" } ?? ""),
      ])
    }
    lines.append(facts.text(indent: "  "))
    if top > 0, !rows.isEmpty { lines += ["", entityTable(top)] }
    if let hierarchy, !hierarchy.levels.isEmpty { lines += ["", levelTable(hierarchy)] }
    return lines.joined(separator: "\n") + "\n"
  }

  private var head: String {
    let slices = Dictionary(grouping: pattern.nodes.indices) { nodes[pattern.nodes[$0]].time }
    let values = slices.keys.sorted().map { time in
      (slices[time] ?? []).map { nodes[pattern.nodes[$0]].stateName(pattern.values[$0]) }.joined(separator: " ")
    }.joined(separator: " | ")
    let times = slices.count > 1 ? ", \(slices.count) steps" : ""
    return "\(name)  \(Self.count(pattern.count, "node"))\(times)  \(values)  p \(Self.number(probability))"
      + (exactProbability.flatMap(Self.short).map { " = \($0)" } ?? "")
  }

  private func bits(_ value: Double) -> String { NumberText.fixed(value == 0 ? 0 : value, decimals: 6) + " bits" }

  private var integrationWords: String {
    guard let integration else { return "not defined: it needs two nodes" }
    let isEntity = exactRatio.map { $0 > .one } ?? (integration > LocalIntegration.threshold)
    return bits(integration) + (isEntity ? "  an ι-entity" : "  not an ι-entity")
      + (cut.map { ", least at \($0)" } ?? "") + (exactRatio.flatMap(Self.short).map { "  (log2 \($0))" } ?? "")
  }

  private func words(_ hierarchy: DisintegrationHierarchy) -> String {
    guard hierarchy.isComplete else { return "the lowest \(hierarchy.levels.count) levels" }
    let partitions = hierarchy.levels.reduce(0) { $0 + $1.partitions }
    return "\(Self.count(hierarchy.levels.count, "level")), \(Self.count(partitions, "partition")), "
      + "\(NumberText.grouped(hierarchy.refinementFree)) refinement-free"
  }

  /// A fraction that fits a line, nil for a longer one, which --json has.
  private static func short(_ fraction: Rational) -> String? {
    let text = "\(fraction)"
    return text.utf8.count <= 40 ? text : nil
  }

  /// "1 node", "1,200 nodes".
  private static func count(_ number: Int, _ noun: String) -> String {
    "\(NumberText.grouped(number)) \(noun)" + (number == 1 ? "" : "s")
  }

  /// Values with four significant digits, exponents for the very small.
  static func number(_ value: Double) -> String {
    value >= 1e-4 || value == 0
      ? NumberText.shortest((value * 1e6).rounded() / 1e6) : NumberText.significant(value, digits: 3)
  }

  private func entityTable(_ top: Int) -> String {
    var table = TextTable([.right, .right, .left, .left, .left])
    table.add(["ι bits", "p", "nodes", "values", "least cut"])
    for row in strongestFirst.prefix(top) {
      let pattern = row.entity.pattern
      table.add([
        NumberText.fixed(row.entity.integration, decimals: 6), Self.number(row.entity.probability),
        pattern.nodes.map { nodes[$0].name }.joined(separator: " "),
        zip(pattern.nodes, pattern.values).map { nodes[$0].stateName($1) }.joined(separator: " "), cuts(of: row),
      ])
    }
    let rest = entityCount - min(top, rows.count)
    return table.text(indent: "  ") + (rest > 0 ? "\n  … and \(NumberText.grouped(rest)) more (--top)" : "")
  }

  /// The least cut, or all of them where they were asked for.
  private func cuts(of row: Row) -> String {
    guard let cuts = allCuts[row.entity.pattern] else { return row.cut.description }
    return cuts.map { $0.map(\.description).joined(separator: "   ") } ?? "more than 1,000"
  }

  private func levelTable(_ hierarchy: DisintegrationHierarchy) -> String {
    var table = TextTable([.right, .right, .right, .right])
    table.add(["level", "SLI bits", "partitions", "refinement-free"])
    for (index, level) in hierarchy.levels.prefix(40).enumerated() {
      table.add([
        "\(index + 1)", NumberText.fixed(level.integration, decimals: 6), NumberText.grouped(level.partitions),
        NumberText.grouped(level.refinementFree),
      ])
    }
    let rest = hierarchy.levels.count - 40
    return table.text(indent: "  ")
      + (rest > 0 ? "\n  … and \(NumberText.grouped(rest)) more levels (--json has all)" : "")
  }

  /// The entities as a table: nodes, names and values parted by spaces, the least cut as '0,2|1'.
  func csv(top: Int?) -> String {
    var text = "nodes,names,values,p,cli_bits,argmin\n"
    for row in top.map({ Array(strongestFirst.prefix($0)) }) ?? rows {
      let pattern = row.entity.pattern
      let names = pattern.nodes.map { nodes[$0].name }.joined(separator: " ")
      text += pattern.nodes.map { "\($0)" }.joined(separator: " ") + ","
      text += CSVWriter.field(names) + "," + pattern.values.map { "\($0)" }.joined(separator: " ") + ","
      text += NumberText.shortest(row.entity.probability) + "," + NumberText.shortest(row.entity.integration) + ","
      text += CSVWriter.field(row.cut.description) + "\n"
    }
    return text
  }
}
