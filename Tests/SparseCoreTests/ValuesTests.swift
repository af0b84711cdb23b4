// SPDX-License-Identifier: Apache-2.0
// Espalier: vectors, matrices and activations.

import SparseCore
import Testing

@Suite struct VectorTests {
  @Test("a copy keeps its elements when the other side is written")
  func copyOnWrite() {
    let first = Vector([1, 2, 3])
    let writes: [(inout Vector) -> Void] = [
      { $0[1] = 9 }, { $0.fill(9) }, { vector in vector.write { $0[1] = 9 } },
      { vector in vector.withMutableSpan { $0[1] = 9 } },
    ]
    for write in writes {
      var second = first
      #expect(first.read { $0 } == second.read { $0 }, "a copy shares its memory")
      write(&second)
      #expect(first.elements == [1, 2, 3])
      #expect(second[1] == 9)
      #expect(first != second)
      let place = second.read { UInt(bitPattern: $0) }
      write(&second)
      #expect(second.read { UInt(bitPattern: $0) } == place, "a vector of its own is written in place")
    }
  }

  @Test("vectors lie on cache lines, large ones on huge pages", arguments: [0, 1, 17, 1 << 20])
  func alignment(count: Int) {
    let vector = Vector(repeating: 2, count: count)
    let address = vector.read { UInt(bitPattern: $0) }
    #expect(address % (count >= 1 << 20 ? 2 << 20 : 64) == 0)
    #expect(vector.count == count)
    #expect(count == 0 || (vector[0] == 2 && vector[count - 1] == 2))
  }

  @Test("a span sees the elements")
  func spans() {
    let vector: Vector = [1, 2, 4]
    let sum = vector.withSpan { span in span.indices.reduce(Float(0)) { $0 + span[$1] } }
    #expect(sum == 7)
  }
}

@Suite struct MatrixTests {
  @Test("elements lie row after row")
  func layout() {
    var matrix = Matrix(rows: 2, columns: 3)
    matrix[1, 0] = 5
    #expect(matrix.values.elements == [0, 0, 0, 5, 0, 0])
    #expect(matrix.row(1) == [5, 0, 0])
    #expect(matrix != Matrix(rows: 3, columns: 2, values: matrix.values))
  }
}

@Suite struct ActivationsTests {
  @Test("blocks are 1, 16, 32 or 64 samples wide and hold feature after feature", arguments: batches)
  func layout(batch: Int) {
    let x = Activations(features: 3, capacity: batch)
    #expect(x.lanes == (batch == 1 ? 1 : batch <= 16 ? 16 : batch <= 32 ? 32 : 64))
    #expect(x.blocks == (batch + x.lanes - 1) / x.lanes)
    #expect((0..<x.blocks).reduce(0) { $0 + x.samples(inBlock: $1) } == batch)
    x[2, batch - 1] = 4
    let last = batch - 1
    #expect(x.block(last / x.lanes)[2 * x.lanes + last % x.lanes] == 4)
    #expect(x.floats.filter { $0 != 0 } == [4])
    #expect(UInt(bitPattern: x.block(0)) % 64 == 0)
  }

  @Test("fewer samples use fewer blocks of the same width")
  func resizing() {
    let x = Activations(features: 2, capacity: 130)
    #expect(x.blocks == 3)
    x.resize(samples: 64)
    #expect(x.blocks == 1 && x.lanes == 64)
    x.resize(samples: 65)
    #expect(x.blocks == 2 && x.samples(inBlock: 1) == 1)
  }
}
