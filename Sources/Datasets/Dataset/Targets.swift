// SPDX-License-Identifier: Apache-2.0
// Espalier: what a data set asks a network to say.

public import SparseCore

/// What each sample should be answered with.
public enum Targets: Sendable, Equatable {
  /// One class a sample, `0 ..< names.count`, and the classes' names.
  case classes([Int32], names: [String])
  /// Real numbers, `[samples, outputs]`.
  case values(Matrix)
  /// Nothing: features only.
  case none

  /// The number of samples, nil when there are no targets.
  public var count: Int? {
    switch self {
    case .classes(let labels, _): labels.count
    case .values(let values): values.rows
    case .none: nil
    }
  }

  /// Outputs a network needs: classes, or columns of values; 0 without targets.
  public var outputCount: Int {
    switch self {
    case .classes(_, let names): names.count
    case .values(let values): values.columns
    case .none: 0
    }
  }

  /// The targets of some samples, in the given order.
  public func subset(_ indices: [Int]) -> Targets {
    switch self {
    case .classes(let labels, let names): .classes(indices.map { labels[$0] }, names: names)
    case .values(let values): .values(values.rows(indices))
    case .none: .none
    }
  }
}

extension Matrix {
  /// Some rows, in the given order (a copy).
  package func rows(_ indices: [Int]) -> Matrix {
    precondition(indices.allSatisfy { $0 >= 0 && $0 < rows }, "a row outside 0 ..< \(rows)")
    var chosen = Matrix(rows: indices.count, columns: columns)
    let width = columns
    // Safety: every index was checked against `rows`; the target holds `indices.count` rows.
    values.read { source in
      chosen.values.write { target in
        for (row, index) in indices.enumerated() {
          (target + row * width).update(from: source + index * width, count: width)
        }
      }
    }
    return chosen
  }
}
