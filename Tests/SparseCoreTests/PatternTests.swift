// SPDX-License-Identifier: Apache-2.0
// Espalier: sparsity patterns, their refusals and their orders.

import SparseCore
import Testing

@Suite struct SparsityPatternTests {
  @Test("a good pattern answers questions about its connections")
  func questions() throws {
    let pattern = try SparsityPattern(
      rows: 3, columns: 4, rowStarts: [0, 2, 2, 5], columnIndices: [0, 3, 0, 1, 2])
    #expect(pattern.count == 5 && pattern.cells == 12 && pattern.density == 5.0 / 12)
    #expect(pattern.inDegrees == [2, 0, 3])
    #expect(pattern.outDegrees == [2, 1, 1, 1])
    let present = (0..<3).flatMap { row in (0..<4).filter { pattern.contains(row: row, column: $0) } }
    #expect(present == [0, 3, 0, 1, 2])
    #expect(pattern.position(row: 2, column: 1) == 3)
    #expect(pattern.position(row: 1, column: 1) == nil)
    #expect(pattern.checkInvariants())
  }

  @Test("every fault of a pattern from outside is named")
  func refusals() {
    let cases: [(Int, Int, [Int], [UInt32], PatternError)] = [
      (-1, 2, [0], [], .size(rows: -1, columns: 2)),
      (1, -2, [0, 0], [], .size(rows: 1, columns: -2)),
      (0, 1 << 31, [0], [], .size(rows: 0, columns: 1 << 31)),
      (2, 2, [0, 1], [0], .rowStarts(row: 2)),
      (1, 2, [1, 1], [0], .rowStarts(row: 1)),
      (1, 2, [0, 2], [0], .rowStarts(row: 1)),
      (2, 2, [0, 2, 1], [0], .rowStarts(row: 0)),
      (3, 2, [0, 1, 0, 1], [0], .rowStarts(row: 1)),
      (2, 2, [0, -1, 1], [0], .rowStarts(row: 0)),
      (2, 2, [0, 1, 2], [0, 2], .column(row: 1, column: 2, columns: 2)),
      (1, 3, [0, 2], [2, 1], .order(row: 0)),
      (2, 3, [0, 0, 2], [1, 1], .order(row: 1)),
    ]
    for (rows, columns, starts, indices, error) in cases {
      #expect(throws: error) {
        try SparsityPattern(rows: rows, columns: columns, rowStarts: starts, columnIndices: indices)
      }
      #expect(!error.description.isEmpty)
    }
  }

  @Test("a sparse matrix takes new connections with their values")
  func replacing() {
    var random = Random(seed: 10)
    let first = random.pattern(rows: 8, columns: 9, density: 0.5)
    let second = random.pattern(rows: 8, columns: 9, density: 0.3)
    var matrix = SparseMatrix(pattern: first, values: random.vector(first.count))
    let values = random.vector(second.count)
    matrix.replace(pattern: second, values: values)
    #expect(matrix.pattern == second && matrix.values == values)
  }

  @Test("values are written in place")
  func inPlace() {
    var random = Random(seed: 11)
    let pattern = random.pattern(rows: 8, columns: 9, density: 0.5)
    var matrix = SparseMatrix(pattern: pattern, values: Vector(count: pattern.count))
    let place = matrix.storedValues.read { UInt(bitPattern: $0) }
    matrix.storedValues.write { $0[0] = 4 }
    matrix.storedValues[1] = 3
    #expect(matrix.storedValues[0] == 4 && matrix.storedValues[1] == 3)
    #expect(matrix.storedValues.read { UInt(bitPattern: $0) } == place)
  }
}
