// SPDX-License-Identifier: Apache-2.0
// Espalier: how connections are laid out.

import SparseCore
import Testing

@Suite struct StorageTests {
  private static let shapes = [
    TileShape(rows: 4, columns: 6, sorts: false), TileShape(rows: 5, columns: 3, sorts: true),
    TileShape(rows: 100, columns: 100, sorts: true), TileShape(rows: 1, columns: 1, sorts: false),
  ]

  private static func orders(_ pattern: SparsityPattern, workers: Workers) -> [StorageOrder] {
    shapes.map { .tiled(TiledOrder(pattern, shape: $0, workers: workers)) } + [.listed(ListedOrder(pattern))]
  }

  @Test("every order is a permutation of the pattern's, the same for any number of threads")
  func permutations() {
    var random = Random(seed: 3)
    for (rows, columns, density) in [(0, 0, 1), (1, 1, 1), (13, 9, 0.4), (9, 20, 0), (30, 41, 0.8)]
      as [(Int, Int, Float)]
    {
      let pattern = random.pattern(rows: rows, columns: columns, density: density)
      let numbers = Vector((0..<pattern.count).map { Float($0) })
      for (one, three) in zip(
        Self.orders(pattern, workers: Workers(threads: 1)), Self.orders(pattern, workers: Workers(threads: 3)))
      {
        let workers = Workers(threads: 1)
        let matrix = SparseMatrix(pattern: pattern, order: one, values: numbers, workers: workers)
        let other = SparseMatrix(pattern: pattern, order: three, values: numbers, workers: workers)
        #expect(Set(matrix.storedValues.elements) == Set(numbers.elements))
        #expect(matrix.values == numbers)
        #expect(other.storedValues == matrix.storedValues)
        let ages = (0..<pattern.count).map { UInt16($0) }
        #expect(matrix.inStoredOrder(ages).map { Float($0) } == matrix.storedValues.elements)
      }
    }
  }

  @Test("lists number the values of inputs with more than 65,536 connections by their places")
  func longColumns() {
    let rows = 65_600
    let pattern = SparsityPattern(
      trustedRows: rows, columns: 3, rowStarts: (0...rows).map { 2 * $0 },
      columnIndices: (0..<rows).flatMap { [0, UInt32(1 + $0 % 2)] })
    let numbers = Vector((0..<pattern.count).map { Float($0) })
    let matrix = SparseMatrix(
      pattern: pattern, order: .listed(ListedOrder(pattern)), values: numbers, workers: Workers(threads: 1))
    #expect(matrix.values == numbers)
    #expect(matrix.storedValues[1] == 2)
    #expect(matrix.storedValues[rows] == 1)
  }

  @Test("dense layers get small sorted tiles, sparse ones large tiles, huge ones lists")
  func choice() throws {
    let tenth = try #require(TileShape(rows: 1024, columns: 784, count: 80_281))
    #expect(tenth.sorts && (96...256).contains(tenth.rows) && (96...256).contains(tenth.columns))
    let hundredth = try #require(TileShape(rows: 4096, columns: 4096, count: 167_772))
    #expect(!hundredth.sorts && hundredth.rows >= 2000)
    #expect(TileShape(rows: 500_000, columns: 500_000, count: 5_000_000) == nil)
    #expect(try #require(TileShape(rows: 4, columns: 3, count: 0)).rows == 4)
    for (rows, columns, count) in [(70_000, 70_000, 49_000_000), (1, 1, 1), (100_000, 20, 2_000_000), (0, 5, 0)] {
      if let shape = TileShape(rows: rows, columns: columns, count: count) {
        #expect(shape.rows <= 65_535 && shape.columns <= 65_535 && shape.rows > 0 && shape.columns > 0)
      }
    }
  }

  @Test("moving to a new layout, survivors keep their numbers and newborn connections have none")
  func moving() {
    var random = Random(seed: 4)
    let old = random.pattern(rows: 20, columns: 17, density: 0.5)
    let new = random.pattern(rows: 20, columns: 17, density: 0.5)
    var origins: [UInt32] = []
    for row in 0..<20 {
      for position in new.positions(ofRow: row) {
        let before = old.position(row: row, column: Int(new.columnIndices[position]))
        origins.append(before.map { UInt32($0) } ?? .max)
      }
    }
    let values = random.vector(old.count)
    let workers = Workers(threads: 1)
    for (from, to) in zip(Self.orders(old, workers: workers), Self.orders(new, workers: workers).reversed()) {
      let matrix = SparseMatrix(pattern: old, order: from, values: values, workers: workers)
      let moves = matrix.storedOrigins(of: new, in: to, origins: origins, newborn: .max)
      let stored = Vector(moves.map { $0 == .max ? 0 : matrix.storedValues[Int($0)] })
      var moved = SparseMatrix(pattern: new, values: Vector(count: new.count))
      moved.replace(pattern: new, order: to, stored: stored, workers: workers)
      #expect(moved.values.elements == origins.map { $0 == .max ? 0 : values[Int($0)] })
      let x = Activations(random.matrix(17, 3))
      let y = Activations(features: 20, capacity: 3)
      moved.forward(x, bias: nil, into: y, workers: workers)
      #expect(distance(y.matrix, Reference.forward(new, values: moved.values, bias: nil, x.matrix)) < 1e-5)
    }
  }
}
