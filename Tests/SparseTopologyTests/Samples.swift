// SPDX-License-Identifier: Apache-2.0
// Espalier: small layers that tests share.

import SparseCore

@testable import SparseTopology

enum Samples {
  /// A random pattern of exactly `count` connections.
  static func pattern(_ rows: Int, _ columns: Int, count: Int, seed: UInt64) -> SparsityPattern {
    var random = Random(seed: seed)
    return SparsityPattern(rows: rows, columns: columns, cells: random.distinct(count, below: rows * columns))
  }

  /// A random layer with normal weights; with `ties` the weights are few whole numbers, zeros among them.
  static func weights(_ rows: Int, _ columns: Int, count: Int, seed: UInt64, ties: Bool = false) -> SparseMatrix {
    var random = Random(seed: seed).split("values")
    let values = (0..<count).map { _ in ties ? Float(random.below(7) - 3) : random.normal() }
    return SparseMatrix(pattern: pattern(rows, columns, count: count, seed: seed), values: Vector(values))
  }

  /// The gradient of a random batch; with `ties` the activations are -1, 0 and 1.
  static func gradients(
    _ rows: Int, _ columns: Int, samples: Int, seed: UInt64, threads: Int = 1, ties: Bool = false
  ) -> GradientSource {
    var random = Random(seed: seed).split("batch")
    let input = Activations(features: columns, capacity: samples)
    let output = Activations(features: rows, capacity: samples)
    for sample in 0..<samples {
      for feature in 0..<columns { input[feature, sample] = ties ? Float(random.below(3) - 1) : random.normal() }
      for feature in 0..<rows { output[feature, sample] = ties ? Float(random.below(3) - 1) : random.normal() }
    }
    return GradientSource(input: input, outputGradient: output, workers: Workers(threads: threads))
  }

  /// All connections of a pattern.
  static func connections(_ pattern: SparsityPattern) -> [Connection] {
    (0..<pattern.rows).flatMap { row in
      pattern.positions(ofRow: row).map { Connection(row: row, column: Int(pattern.columnIndices[$0])) }
    }
  }

  /// The dense gradient at one cell, in double precision order of the source: sample by sample.
  static func gradient(_ source: GradientSource, _ row: Int, _ column: Int) -> Float {
    var sum: Float = 0
    for sample in 0..<source.input.samples { sum += source.input[column, sample] * source.outputGradient[row, sample] }
    return sum
  }
}

/// Whether the left gradient comes first: larger magnitude, NaN last, then row by row.
func isStronger(_ left: (Float, Connection), _ right: (Float, Connection)) -> Bool {
  if left.0.isNaN != right.0.isNaN { return right.0.isNaN }
  if !left.0.isNaN && left.0.magnitude != right.0.magnitude { return left.0.magnitude > right.0.magnitude }
  return left.1 < right.1
}

extension SparsityPattern {
  /// Makes a pattern from rising cell numbers *row* x *columns* + *column*.
  init(rows: Int, columns: Int, cells: [Int]) {
    var rowStarts = [Int](repeating: 0, count: rows + 1)
    for cell in cells { rowStarts[cell / columns + 1] += 1 }
    for row in 0..<rows { rowStarts[row + 1] += rowStarts[row] }
    self.init(
      trustedRows: rows, columns: columns, rowStarts: rowStarts, columnIndices: cells.map { UInt32($0 % columns) })
  }
}

extension Connection {
  /// The place of a cell number *row* x *columns* + *column*.
  init(cell: Int, columns: Int) {
    self.init(row: cell / columns, column: cell % columns)
  }
}
