// SPDX-License-Identifier: Apache-2.0
// Espalier: what the kernel tests share.

import CKernels
import SparseCore

/// The tables that this machine can run.
let tableNames: [String] = ["portable", "avx2", "avx512", "neon"].filter { (name: String) in
  espalier_kernels_named(name) != nil
}

struct MissingTable: Error {
  let name: String
}

func table(_ name: String) throws -> espalier_kernels {
  guard let table = espalier_kernels_named(name) else { throw MissingTable(name: name) }
  return table.pointee
}

/// Batches around every block width.
let batches = [1, 2, 15, 16, 17, 31, 33, 64, 65, 100, 128, 129, 513]

extension Random {
  /// A number in [-1, 1).
  mutating func signed() -> Float { 2 * uniform() - 1 }

  mutating func vector(_ count: Int) -> Vector { Vector((0..<count).map { _ in signed() }) }

  mutating func matrix(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, values: vector(rows * columns))
  }

  /// Connections with the given share of cells; every fifth row and every seventh column is empty.
  mutating func pattern(rows: Int, columns: Int, density: Float) -> SparsityPattern {
    var starts = [0]
    var indices: [UInt32] = []
    for row in 0..<rows {
      for column in 0..<columns where row % 5 != 1 && column % 7 != 3 && uniform() < density {
        indices.append(UInt32(column))
      }
      starts.append(indices.count)
    }
    return SparsityPattern(trustedRows: rows, columns: columns, rowStarts: starts, columnIndices: indices)
  }
}

extension Activations {
  /// Holds a matrix [features, samples]; padded lanes hold `padding`.
  convenience init(_ matrix: Matrix, padding: Float = 0, room: Int = 0) {
    self.init(features: matrix.rows, capacity: max(matrix.columns, room))
    resize(samples: matrix.columns)
    fill(padding)
    for feature in 0..<matrix.rows {
      for sample in 0..<matrix.columns { self[feature, sample] = matrix[feature, sample] }
    }
  }

  /// The samples as a matrix [features, samples].
  var matrix: Matrix {
    var matrix = Matrix(rows: features, columns: samples)
    for feature in 0..<features {
      for sample in 0..<samples { matrix[feature, sample] = self[feature, sample] }
    }
    return matrix
  }

  /// The floats of all blocks in use, padding included.
  var floats: [Float] { Array(UnsafeBufferPointer(start: block(0), count: blocks * blockStride)) }

  /// Whether every padded lane is 0.
  var paddingIsZero: Bool {
    (0..<blocks).allSatisfy { index in
      (0..<features).allSatisfy { feature in
        (samples(inBlock: index)..<lanes).allSatisfy { block(index)[feature * lanes + $0] == 0 }
      }
    }
  }
}

/// The largest |a - b| / (1 + |b|).
func distance(_ a: Vector, _ b: Vector) -> Float {
  guard a.count == b.count else { return .infinity }
  var worst: Float = 0
  for index in 0..<a.count {
    let error = abs(a[index] - b[index]) / (1 + abs(b[index]))
    worst = error.isNaN ? .infinity : max(worst, error)
  }
  return worst
}

func distance(_ a: Matrix, _ b: Matrix) -> Float {
  a.rows == b.rows && a.columns == b.columns ? distance(a.values, b.values) : .infinity
}

/// The bits of every element: equal where and only where the bytes are.
func bits(_ vector: Vector) -> [UInt32] { vector.elements.map { $0.bitPattern } }

func bits(_ x: Activations) -> [UInt32] { x.floats.map { $0.bitPattern } }
