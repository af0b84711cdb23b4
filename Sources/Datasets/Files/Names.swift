// SPDX-License-Identifier: Apache-2.0
// Espalier: what a mistyped name may have meant.

/// Names that users type.
package enum Names {
  /// The names nearest to a mistyped one, the nearest first, at most three and none too far.
  package static func nearest(_ name: String, among names: [String]) -> [String] {
    let wanted = name.lowercased()
    let ranked = names.map { (distance: distance(wanted, $0.lowercased()), name: $0) }
      .filter { $0.distance <= max(2, wanted.count / 3) }
      .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
    return ranked.prefix(3).map(\.name)
  }

  /// "did you mean ...?" for the nearest names, or all of them when none is near.
  package static func advice(for name: String, among names: [String]) -> String {
    let near = nearest(name, among: names)
    return near.isEmpty
      ? "expected one of: " + names.prefix(24).joined(separator: ", ")
      : "did you mean " + near.map { "'\($0)'" }.joined(separator: " or ") + "?"
  }

  /// The fewest insertions, deletions and replacements between two texts (Levenshtein), of 64 characters at most.
  package static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.prefix(64))
    let right = Array(right.prefix(64))
    var row = Array(0...right.count)
    for (i, first) in left.enumerated() {
      var corner = row[0]
      row[0] = i + 1
      for (j, second) in right.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, corner + (first == second ? 0 : 1))
        corner = above
      }
    }
    return row[right.count]
  }
}
