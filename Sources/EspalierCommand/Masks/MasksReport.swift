// SPDX-License-Identifier: Apache-2.0
// Espalier: what espalier masks solve prints.

internal import Datasets
internal import SparseTopology
internal import Training

/// The masks that were found, array by array.
struct MasksReport {
  /// One array.
  struct Line {
    let name: String
    let rows: Int
    let columns: Int
    let kept: Int
    let keptMagnitude: Double
    let totalMagnitude: Double
    let tiles: Int
    let seconds: Double
    /// Tiles whose mask was proven again; nil when that was not asked for.
    let certified: Int?
  }

  let pattern: TilePattern
  let form: MaskForm
  let method: MaskMethod
  var arrays: [Line]

  var isOptimal: Bool { method == .exact }

  var text: String {
    var table = TextTable([.left, .right, .right, .right, .right, .right])
    table.add(["array", "shape", "kept", "magnitude", "tiles", "seconds"])
    for line in arrays {
      let cells = max(1, line.rows * line.columns)
      table.add([
        line.name, "\(line.rows)x\(line.columns)",
        NumberText.percent(Double(line.kept) / Double(cells), decimals: 2),
        NumberText.percent(line.totalMagnitude > 0 ? line.keptMagnitude / line.totalMagnitude : 1, decimals: 2),
        NumberText.grouped(line.tiles), NumberText.significant(line.seconds, digits: 3),
      ])
    }
    var words =
      "\(pattern)\(pattern.isTransposable ? " transposable" : ""), \(form == .atMost ? "at most" : "exactly") N, "
    words += isOptimal ? "optimal" : "\(method.rawValue), not proven optimal"
    let certified = arrays.compactMap(\.certified)
    if !certified.isEmpty {
      let tiles = arrays.reduce(0) { $0 + $1.tiles }
      words += "; certified \(NumberText.grouped(certified.reduce(0, +))) of \(NumberText.grouped(tiles)) tiles"
    }
    return words + "\n\n" + table.text()
  }

  var json: JSONValue {
    .object(
      arrays.map { line in
        var members: [JSONValue.Member] = [
          .init("shape", [.integer(line.rows), .integer(line.columns)]), .init("pattern", .string("\(pattern)")),
          .init("transposable", .bool(pattern.isTransposable)), .init("form", .string(form.rawValue)),
          .init("method", .string(method.rawValue)), .init("kept", .integer(line.kept)),
          .init("kept_magnitude", .number(line.keptMagnitude)),
          .init("total_magnitude", .number(line.totalMagnitude)), .init("tiles", .integer(line.tiles)),
          .init("optimal", .bool(isOptimal)), .init("seconds", .number(line.seconds)),
        ]
        if let certified = line.certified { members.append(.init("certified", .integer(certified))) }
        return JSONValue.Member(line.name, .object(members))
      })
  }
}
