// SPDX-License-Identifier: Apache-2.0
// Espalier: the objects of `espalier entities find`.

internal import Espalier

extension EntitiesReport {
  /// One object in pieces, since a hierarchy may have millions of levels: what was found, then what it was found with.
  func json(top: Int?, _ write: (String) -> Void) {
    let listed = top.map { Array(strongestFirst.prefix($0)) } ?? rows
    let found: JSONValue = [
      "p": .number(probability), "cli_bits": .optional(integration), "argmin": cut.map(Self.json) ?? .null,
      "entities": .array(listed.map(json)),
    ]
    write(found.text().dropLast() + ",\"levels\":[")
    var piece = ""
    for (index, level) in (hierarchy?.levels ?? []).enumerated() {
      piece += (index == 0 ? "" : ",") + "{\"sli_bits\":" + JSONValue.number(level.integration).text()
      piece += ",\"partitions\":\(level.partitions),\"refinement_free\":\(level.refinementFree)}"
      if piece.utf8.count > 1 << 16 {
        write(piece)
        piece = ""
      }
    }
    write(piece + "]," + rest.text().dropFirst())
  }

  /// What follows the levels.
  private var rest: JSONValue {
    var members: [JSONValue.Member] = [
      .init("levels_complete", .bool(hierarchy?.isComplete ?? false)), .init("entity_count", .integer(entityCount)),
      .init("model", .string(name)), .init("trajectory", .array(trajectory.map { .integer($0) })),
      .init("nodes", .array(pattern.nodes.map { .integer($0) })), .init("exact", .bool(exactProbability != nil)),
    ]
    if let bounds { members.append(.init("cli_bounds_bits", [.number(bounds.lower), .number(bounds.upper)])) }
    if let normalized {
      members.append(.init("normalized", .number(normalized.value)))
      members.append(.init("normalized_argmin", Self.json(normalized.partition)))
    }
    if let cuts = allCuts[pattern] {
      members.append(.init("argmins", cuts.map { .array($0.map(Self.json)) } ?? .null))
    }
    if let exactProbability { members.append(.init("p_exact", .string("\(exactProbability)"))) }
    if let exactRatio { members.append(.init("cli_ratio", .string("\(exactRatio)"))) }
    if !asked.isEmpty {
      members.append(
        .init(
          "partitions",
          .array(
            asked.map { asked in
              var object: [JSONValue.Member] = [
                .init("blocks", Self.json(asked.partition)), .init("sli_bits", .number(asked.bits)),
              ]
              if let ratio = asked.ratio { object.append(.init("sli_ratio", .string("\(ratio)"))) }
              return .object(object)
            })))
    }
    return .object(members)
  }

  private static func json(_ partition: NodePartition) -> JSONValue {
    .array(partition.blocks.map { .array($0.map { .integer($0) }) })
  }

  private func json(_ row: Row) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("nodes", .array(row.entity.pattern.nodes.map { .integer($0) })),
      .init("values", .array(row.entity.pattern.values.map { .integer($0) })),
      .init("p", .number(row.entity.probability)), .init("cli_bits", .number(row.entity.integration)),
      .init("argmin", Self.json(row.cut)),
    ]
    if let cuts = allCuts[row.entity.pattern] {
      members.append(.init("argmins", cuts.map { .array($0.map(Self.json)) } ?? .null))
    }
    if let exact = row.exact {
      members.append(.init("p_exact", .string("\(exact.probability)")))
      members.append(.init("cli_ratio", .string("\(exact.ratio)")))
    }
    return .object(members)
  }
}
