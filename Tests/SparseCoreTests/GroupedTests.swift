// SPDX-License-Identifier: Apache-2.0
// Espalier: N:M layers: which are stored as groups, and their kernels against the slow truth.

import CKernels
import SparseCore
import Testing

extension Random {
  /// N of every M inputs of each row, and of every M outputs of each column when transposable.
  ///
  /// Ragged groups keep what of a whole one lies within.
  mutating func groups(rows: Int, columns: Int, _ kept: Int, of side: Int, transposable: Bool) -> SparsityPattern {
    var cells = [[Bool]](repeating: [Bool](repeating: false, count: columns), count: rows)
    for top in stride(from: 0, to: rows, by: side) {
      for left in stride(from: 0, to: columns, by: side) {
        var (down, across) = (Array(0..<side), Array(0..<side))
        shuffle(&down)
        for row in 0..<side {
          if !transposable || row == 0 { shuffle(&across) }
          for index in 0..<kept {
            let (i, j) = (top + down[row], left + across[(index + (transposable ? row : 0)) % side])
            if i < rows && j < columns { cells[i][j] = true }
          }
        }
      }
    }
    var starts = [0]
    var indices: [UInt32] = []
    for row in cells {
      for (column, isThere) in row.enumerated() where isThere { indices.append(UInt32(column)) }
      starts.append(indices.count)
    }
    return SparsityPattern(trustedRows: rows, columns: columns, rowStarts: starts, columnIndices: indices)
  }
}

/// One N:M layer.
private struct Case: CustomStringConvertible, Sendable {
  let rows: Int
  let columns: Int
  let kept: Int
  let side: Int
  let transposable: Bool

  var description: String { "\(rows) x \(columns), \(kept):\(side)\(transposable ? " transposable" : "")" }

  func pattern(seed: UInt64 = 1) -> SparsityPattern {
    var random = Random(seed: seed)
    return random.groups(rows: rows, columns: columns, kept, of: side, transposable: transposable)
  }

  /// Whole tiles, ragged edges, counts that are powers of two and not, patterns that are not transposable.
  static let all = [
    Case(rows: 128, columns: 128, kept: 4, side: 8, transposable: true),
    Case(rows: 131, columns: 149, kept: 4, side: 8, transposable: true),
    Case(rows: 64, columns: 200, kept: 8, side: 32, transposable: true),
    Case(rows: 256, columns: 80, kept: 2, side: 16, transposable: true),
    Case(rows: 192, columns: 100, kept: 5, side: 12, transposable: true),
    Case(rows: 97, columns: 130, kept: 2, side: 4, transposable: false),
    Case(rows: 85, columns: 90, kept: 3, side: 10, transposable: false),
  ]
}

private func isGrouped(_ pattern: SparsityPattern) -> Bool {
  if case .grouped = StorageOrder(pattern, workers: Workers(threads: 1)) { true } else { false }
}

@Suite struct GroupedOrderTests {
  @Test("layers with equal rows are stored as groups, all others are not")
  func choice() {
    for subject in Case.all { #expect(isGrouped(subject.pattern()), "\(subject)") }
    var random = Random(seed: 2)
    for density in [0.05, 0.25, 0.5, 0.9] as [Float] {
      #expect(!isGrouped(random.pattern(rows: 200, columns: 200, density: density)))
    }
    let even = Case(rows: 128, columns: 128, kept: 4, side: 8, transposable: true).pattern()
    var indices = even.columnIndices
    // One connection moves out of the first panel, whatever its width: its row is no longer even.
    let row = even.positions(ofRow: 77)
    let at = row.first { Int(even.columnIndices[$0]) < 64 && Int(even.columnIndices[$0 + 1]) >= 64 }
    guard let at, let free = (96..<128).first(where: { !even.contains(row: 77, column: $0) }) else {
      Issue.record("a row without two panels")
      return
    }
    indices[at] = UInt32(free)
    let sorted = indices[row].sorted()
    indices.replaceSubrange(row, with: sorted)
    #expect(
      !isGrouped(SparsityPattern(trustedRows: 128, columns: 128, rowStarts: even.rowStarts, columnIndices: indices)))
    #expect(!isGrouped(SparsityPattern(trustedRows: 0, columns: 0, rowStarts: [0], columnIndices: [])))
    let dense = (0..<64).flatMap { _ in (0..<64).map { UInt32($0) } }
    #expect(
      !isGrouped(
        SparsityPattern(trustedRows: 64, columns: 64, rowStarts: (0...64).map { 64 * $0 }, columnIndices: dense)))
  }

  @Test("the order is a permutation of the pattern's, the same for any number of threads, whole or in pieces")
  func permutation() {
    for subject in Case.all {
      let pattern = subject.pattern()
      let numbers = Vector((0..<pattern.count).map { Float($0) })
      let matrix = SparseMatrix(pattern: pattern, values: numbers)
      #expect(Set(matrix.storedValues.elements).count == pattern.count && matrix.values == numbers, "\(subject)")
      let other = SparseMatrix(pattern: pattern, values: numbers, workers: Workers(threads: 3))
      #expect(other.storedValues == matrix.storedValues, "\(subject)")
      for limit in [1, 100, 1 << 20] {
        var pieces: [Float] = []
        matrix.storedValues.read { stored in matrix.forEachPiece(of: stored, limit: limit) { pieces += $0 } }
        #expect(pieces == numbers.elements, "\(subject)")
      }
    }
  }

  @Test("transposable layers take 3 bytes a connection besides values and pattern, and 1 in 100 for their tiles")
  func bytes() {
    for (kept, side) in [(4, 8), (8, 32), (2, 16)] {
      var random = Random(seed: 3)
      let pattern = random.groups(rows: 512, columns: 512, kept, of: side, transposable: true)
      let matrix = SparseMatrix(pattern: pattern, values: Vector(count: pattern.count))
      let indices = matrix.bytes - 8 * pattern.count - 8 * 513
      #expect(indices >= 3 * pattern.count && indices <= 3 * pattern.count + 30 * 64 + 8)
    }
  }
}

extension GroupedOrderTests {
  @Test("the estimate tells the memory of N:M layers, within 2 % below and 8 % above")
  func estimate() {
    for subject in Case.all {
      let matrix = SparseMatrix(pattern: subject.pattern(), values: Vector(count: subject.pattern().count))
      let told = StorageEstimate(
        rows: subject.rows, columns: subject.columns, count: matrix.count, group: subject.side)
      let ratio = Double(told.bytes.value) / Double(matrix.bytes)
      #expect(!told.isTiled && ratio >= 0.98 && ratio <= 1.08, "\(subject): \(told.bytes.value) for \(matrix.bytes)")
    }
  }
}

@Suite struct GroupedKernelTests {
  private struct Numbers {
    let pattern: SparsityPattern
    let values: Vector
    let bias: Vector
    let x: Matrix
    let dy: Matrix

    init(_ subject: Case, batch: Int) {
      pattern = subject.pattern()
      var random = Random(seed: 7)
      values = random.vector(pattern.count)
      bias = random.vector(pattern.rows)
      x = random.matrix(pattern.columns, batch)
      dy = random.matrix(pattern.rows, batch)
    }
  }

  @Test("both passes are those of the slow truth, blocks in twos or alone", arguments: tableNames)
  func oracle(name: String) throws {
    let kernels = try table(name)
    for subject in Case.all {
      // 129 samples are two blocks together and one alone.
      for batch in [1, 17, 129] + (subject.rows == 131 ? [2, 16, 63, 64, 65] : []) {
        let numbers = Numbers(subject, batch: batch)
        let pattern = numbers.pattern
        let matrix = SparseMatrix(pattern: pattern, values: numbers.values)
        let (x, dy) = (Activations(numbers.x, padding: 7), Activations(numbers.dy))
        let y = Activations(features: pattern.rows, capacity: batch)
        let dx = Activations(features: pattern.columns, capacity: batch)
        let (masked, rectified) = (Activations(features: pattern.columns, capacity: batch), Activations(y.matrix))
        var gradient = Vector(repeating: 1, count: pattern.count)
        var alone = Vector(count: pattern.count)
        var values = matrix.storedValues
        let lanes = Int64(x.lanes)
        let blocks = Int64(x.blocks)
        numbers.bias.read { bias in
          values.write { values in
            matrix.lendToKernels { form, _, _ in
              guard case .grouped(var groups) = form else {
                Issue.record("\(subject) is not grouped")
                return
              }
              for down in 0..<groups.tiles_down {
                kernels.grouped_forward(
                  &groups, down, down + 1, values, bias, x.block(0), lanes, blocks, 0, 0, y.block(0))
              }
              kernels.grouped_forward(
                &groups, 0, groups.tiles_down, values, bias, x.block(0), lanes, blocks, 0, 1, rectified.block(0))
              gradient.write { gradient in
                for across in 0..<groups.tiles_across {
                  kernels.grouped_backward(
                    &groups, across, across + 1, values, x.block(0), dy.block(0), lanes, blocks, 0, 0, dx.block(0),
                    gradient, 1, nil)
                }
              }
              alone.write { alone in
                kernels.grouped_backward(
                  &groups, 0, groups.tiles_across, values, x.block(0), dy.block(0), lanes, blocks, 0, 1,
                  masked.block(0), alone, 0, nil)
              }
            }
          }
        }
        let label: Comment = "\(subject), batch \(batch)"
        let want = Reference.forward(pattern, values: numbers.values, bias: numbers.bias, numbers.x)
        #expect(distance(y.matrix, want) < 1e-5, label)
        #expect(rectified.floats == y.floats.map { max(0, $0) }, label)
        let slopes = Reference.inputGradient(pattern, values: numbers.values, outputGradient: numbers.dy)
        #expect(distance(dx.matrix, slopes) < 1e-5, label)
        #expect(masked.floats == zip(dx.floats, x.floats).map { $1 > 0 ? $0 : 0 }, label)
        let truth = Reference.weightGradient(pattern, input: numbers.x, outputGradient: numbers.dy)
        #expect(distance(matrix.inPatternOrder(alone), truth) < 4e-5, label)
        var added = truth
        for index in 0..<added.count { added[index] += 1 }
        #expect(distance(matrix.inPatternOrder(gradient), added) < 4e-5, label)
      }
    }
  }

  @Test("the wrappers give the same bytes with any number of threads, near those of tiles")
  func threads() {
    for (subject, batch) in Case.all.prefix(4).flatMap({ subject in [1, 5, 64, 200].map { (subject, $0) } }) {
      let numbers = Numbers(subject, batch: batch)
      let matrix = SparseMatrix(pattern: numbers.pattern, values: numbers.values)
      let (x, dy) = (Activations(numbers.x), Activations(numbers.dy))
      var bytes: [[UInt32]] = []
      for threads in 1...3 {
        let workers = Workers(threads: threads)
        let y = Activations(features: subject.rows, capacity: batch)
        let dx = Activations(features: subject.columns, capacity: batch)
        var gradient = Vector(count: matrix.count)
        var partial = Vector(count: 0)
        matrix.forward(x, bias: numbers.bias, into: y, workers: workers)
        matrix.backward(
          input: x, outputGradient: dy, inputGradient: dx, gradient: &gradient, partial: &partial, accumulate: false,
          workers: workers)
        bytes.append(bits(y) + bits(dx) + bits(gradient))
        #expect(partial.count == 0, "groups need no second gradient")
      }
      #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2], "\(subject), batch \(batch)")
    }
  }

  @Test("narrow rows give what rounded activations give, to the last bit")
  func narrow() {
    for (subject, batch) in Case.all.prefix(3).flatMap({ subject in [33, 64, 200].map { (subject, $0) } }) {
      let numbers = Numbers(subject, batch: batch)
      let matrix = SparseMatrix(pattern: numbers.pattern, values: numbers.values)
      let x = Activations(numbers.x)
      guard NarrowRows.fits(x) else { continue }
      let rounded = Activations(numbers.x)
      for index in 0..<x.blocks * x.blockStride {
        let bits = x.block(0)[index].bitPattern
        rounded.block(0)[index] = Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
      }
      let workers = Workers(threads: 2)
      let narrow = NarrowRows(like: x)
      narrow.take(x, workers: workers)
      let (y, want) = (Activations(features: subject.rows, capacity: batch), Activations(numbers.dy))
      matrix.forward(x, narrow: narrow, bias: nil, into: y, workers: workers)
      matrix.forward(rounded, bias: nil, into: want, workers: workers)
      #expect(bits(y) == bits(want), "\(subject), batch \(batch)")
      let dy = Activations(numbers.dy)
      let roundedDy = Activations(numbers.dy)
      for index in 0..<dy.blocks * dy.blockStride {
        let bits = dy.block(0)[index].bitPattern
        roundedDy.block(0)[index] = Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
      }
      let narrowDy = NarrowRows(like: dy)
      narrowDy.take(dy, workers: workers)
      let (dx, wantDx) = (Activations(numbers.x), Activations(numbers.x))
      var (gradient, wantGradient) = (Vector(count: matrix.count), Vector(count: matrix.count))
      var partial = Vector(count: 0)
      matrix.backward(
        input: x, outputGradient: dy, narrow: narrowDy, inputGradient: dx, gradient: &gradient, partial: &partial,
        accumulate: false, workers: workers)
      matrix.backward(
        input: x, outputGradient: roundedDy, inputGradient: wantDx, gradient: &wantGradient, accumulate: false,
        workers: workers)
      #expect(bits(dx) == bits(wantDx) && bits(gradient) == bits(wantGradient), "\(subject), batch \(batch)")
    }
  }

  @Test("a step in the backward pass is backward and then the step, to the last bit")
  func stepping() {
    let workers = Workers(threads: 2)
    for (subject, batch) in Case.all.flatMap({ subject in [1, 9, 32].map { (subject, $0) } }) {
      let numbers = Numbers(subject, batch: batch)
      var matrix = SparseMatrix(pattern: numbers.pattern, values: numbers.values)
      let (x, dy) = (Activations(numbers.x), Activations(numbers.dy))
      let dx = Activations(features: subject.columns, capacity: batch)
      var gradient = Vector(count: matrix.count)
      matrix.backward(
        input: x, outputGradient: dy, inputGradient: dx, gradient: &gradient, accumulate: false, workers: workers)
      var random = Random(seed: 9)
      let start = random.vector(matrix.count)
      var values = matrix.storedValues
      var velocity: Vector? = start
      let step = SGDStep(rate: 0.1, momentum: 0.9, decay: 0.01, gradientScale: 0.5)
      Kernels.sgd(step, values: &values, momentum: &velocity, gradient: gradient, workers: workers)
      var momentum: Vector? = start
      let stepped = Activations(features: subject.columns, capacity: batch)
      matrix.backward(
        stepping: step, momentum: &momentum, input: x, outputGradient: dy, inputGradient: stepped, workers: workers)
      #expect(bits(matrix.storedValues) == bits(values) && bits(stepped) == bits(dx), "\(subject), batch \(batch)")
      #expect(momentum.map(bits) == velocity.map(bits), "\(subject), batch \(batch)")
    }
  }
}
