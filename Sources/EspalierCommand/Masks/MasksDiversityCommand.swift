// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier masks diversity.

internal import ArgumentParser
internal import Datasets
internal import SparseTopology
internal import Training

/// Counts masks.
struct MasksDiversityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diversity",
    abstract: "How many masks a pattern allows, exactly, beside the paper's formula.",
    discussion: """
      The paper's formula for transposable masks multiplies ordered permutations and so counts a mask several times when \
      N is above 1. Counts of tiles up to 12 x 12 are exact; larger ones are estimated, within 0.06 of the logarithm.

        espalier masks diversity --pattern 4:8 --shape 8x8
      """)

  @OptionGroup var flags: PatternFlags

  @Option(help: ArgumentHelp("the matrix, multiples of M", valueName: "OUTxIN"))
  var shape: String

  @Flag(help: "print one JSON object")
  var json = false

  func validate() throws { _ = try sizes() }

  func run() throws { Output.result(try execute()) }

  /// The table, or the JSON object.
  func execute() throws -> String {
    let sizes = try sizes()
    let pattern = try flags.pattern(isTransposable: true)
    let diversity = MaskDiversity(pattern, rows: sizes.rows, columns: sizes.columns)
    let lines: [(name: String, words: String, count: MaskDiversity.Count)] = [
      ("unstructured", "unstructured", diversity.unstructured), ("plain", "plain \(pattern)", diversity.plain),
      ("transposable", "transposable \(pattern)", diversity.transposable),
      ("paper", "paper's formula", diversity.paper),
    ]
    let cells = Double(sizes.rows * sizes.columns)
    guard !json else {
      let counts = lines.map { line in
        JSONValue.Member(
          line.name,
          .object([
            .init("count", line.count.exact.map { .string("\($0)") } ?? .null),
            .init("log10", .number(line.count.log10)),
            .init("log10_per_weight", .number(line.count.log10 / cells)),
            .init("estimate", .bool(line.count.isEstimate)),
          ]))
      }
      return JSONValue.object(
        [.init("pattern", .string("\(pattern)")), .init("shape", [.integer(sizes.rows), .integer(sizes.columns)])]
          + counts
      ).text()
    }
    var table = TextTable([.left, .right, .right, .right])
    table.add(["masks", "count", "log10", "log10 / weight"])
    for line in lines {
      table.add([
        line.words, line.count.exact.map { "\($0)" } ?? (line.count.isEstimate ? "estimated" : "-"),
        NumberText.fixed(line.count.log10, decimals: 2), NumberText.fixed(line.count.log10 / cells, decimals: 3),
      ])
    }
    let note =
      pattern.kept > 1
      ? "\n\nThe paper's formula counts ordered permutations, the same mask several times: a 4 x 4 tile has 90 masks at "
        + "2:4, not 144." : ""
    return table.text() + note
  }

  private func sizes() throws -> (rows: Int, columns: Int) {
    let side = try flags.pattern(isTransposable: true).side
    let sizes = shape.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard sizes.count == 2, sizes.allSatisfy({ $0 > 0 && $0 % side == 0 && $0 <= 1 << 20 }) else {
      throw ValidationError(
        "--shape: expected outputs x inputs, multiples of \(side), such as \(side)x\(2 * side), got '\(shape)'")
    }
    return (sizes[0], sizes[1])
  }
}
