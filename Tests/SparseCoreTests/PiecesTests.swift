// SPDX-License-Identifier: Apache-2.0
// Espalier: numbers of connections piece by piece.

import Testing

@testable import SparseCore

@Suite struct PiecesTests {
  @Test("pieces of any size put together are the values in the pattern's order")
  func pieces() {
    let matrices: [SparseMatrix] = [
      .striped(300, 500, every: 4), .striped(1, 3000, every: 2), .striped(2000, 1, every: 1),
      .striped(5000, 5000, every: 2500),
      .striped(70, 70, every: 1), .striped(5, 5, every: 9), .striped(0, 4, every: 1),
    ]
    for weight in matrices {
      for limit in [7, 1000, 1 << 20] {
        var together: [Float] = []
        weight.storedValues.read { stored in
          weight.forEachPiece(of: stored, limit: limit) { piece in
            #expect(piece.count <= max(limit, weight.pattern.inDegrees.max() ?? 0) && piece.count > 0)
            together += piece
          }
        }
        #expect(together == weight.values.elements)
        #expect(together == (0..<weight.count).map { Float($0) })
      }
    }
  }
}

extension SparseMatrix {
  /// Connections at every `step`-th input, a little farther on in each row; the value is the position.
  static func striped(_ rows: Int, _ columns: Int, every step: Int) -> SparseMatrix {
    var starts = [0]
    var indices: [UInt32] = []
    for row in 0..<rows {
      // Some rows are empty, and one in seven is twice as full.
      let step = row % 7 == 3 ? max(1, step / 2) : step
      if row % 11 != 5 { indices += stride(from: row % step, to: columns, by: step).map { UInt32($0) } }
      starts.append(indices.count)
    }
    let pattern = SparsityPattern(trustedRows: rows, columns: columns, rowStarts: starts, columnIndices: indices)
    return SparseMatrix(pattern: pattern, values: Vector((0..<indices.count).map { Float($0) }))
  }
}
