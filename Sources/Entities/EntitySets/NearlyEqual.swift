// SPDX-License-Identifier: Apache-2.0
// Espalier: equality of numbers that rounding has touched.

/// Groups numbers that are equal but for rounding, whatever order they come in.
///
/// Being closer than a tolerance is not transitive. Numbers therefore count as equal when, put in order, no gap between them is larger
/// than the tolerance, and lists when they are equal place by place.
enum NearlyEqual {
  /// Probabilities of `Double` models that are closer than this count as equal; exact ones must be equal.
  static let tolerance = 1e-9

  /// Numbers from 0 that rise with the values and are shared by equal ones.
  ///
  /// - Complexity: O(*n* log *n*).
  static func ranks<Scalar: ProbabilityScalar>(_ values: [Scalar], within asked: Double? = nil) -> [Int] {
    let isExact = asked == nil && Scalar.rowTolerance == .zero
    let tolerance = asked ?? Self.tolerance
    var ranks = [Int](repeating: 0, count: values.count)
    var (rank, previous) = (0, Int?.none)
    for index in values.indices.sorted(by: { values[$0] < values[$1] }) {
      if let previous {
        let gap = values[index] - values[previous]
        if isExact ? gap != .zero : gap.approximation > tolerance { rank += 1 }
      }
      ranks[index] = rank
      previous = index
    }
    return ranks
  }

  /// The rows that are equal place by place, as groups of their indices, in the order of their first rows.
  ///
  /// - Complexity: O(*columns* · *n* log *n*).
  static func groups<Scalar: ProbabilityScalar>(_ rows: [[Scalar]], within asked: Double? = nil) -> [[Int]] {
    var marks = [[Int]](repeating: [], count: rows.count)
    for column in (rows.first ?? []).indices {
      for (row, rank) in ranks(rows.map { $0[column] }, within: asked).enumerated() { marks[row].append(rank) }
    }
    var groupOf: [[Int]: Int] = [:]
    var groups: [[Int]] = []
    for (row, mark) in marks.enumerated() {
      if let group = groupOf[mark] {
        groups[group].append(row)
      } else {
        groupOf[mark] = groups.count
        groups.append([row])
      }
    }
    return groups
  }
}
