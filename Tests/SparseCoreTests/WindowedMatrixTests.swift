// SPDX-License-Identifier: Apache-2.0
// Espalier: windowed layers against the slow truth of their connections.

import CKernels
import SparseCore
import Testing

/// Square, narrowing, widening, one window over all, a window of one, and a funnel.
private let shapes = [
  WindowShape(rows: 60, columns: 60, fanIn: 2, window: 7), WindowShape(rows: 33, columns: 100, fanIn: 3, window: 16),
  WindowShape(rows: 100, columns: 33, fanIn: 4, window: 9),
  WindowShape(rows: 50, columns: 20, fanIn: 1, window: 65_536),
  WindowShape(rows: 17, columns: 17, fanIn: 1, window: 1), WindowShape(rows: 5, columns: 80, fanIn: 16, window: 16),
  WindowShape(rows: 1, columns: 1, fanIn: 1, window: 1), WindowShape(rows: 40, columns: 40, fanIn: 7, window: 7),
]

private let oneThread = Workers(threads: 1)

@Suite struct WindowedMatrixTests {
  @Test("windows lie around each neuron's place and among the inputs")
  func windows() {
    let shape = WindowShape(rows: 8, columns: 8, fanIn: 2, window: 4)
    #expect((0..<8).map { shape.windowStart(ofRow: $0) } == [0, 0, 0, 1, 2, 3, 4, 4])
    let funnel = WindowShape(rows: 5, columns: 80, fanIn: 16, window: 16)
    #expect((0..<5).map { funnel.windowStart(ofRow: $0) } == [0, 16, 32, 48, 64], "a funnel reads every input once")
    let giant = WindowShape(rows: 2_000_000_000, columns: 2_000_000_000, fanIn: 1, window: 65_536)
    #expect(giant.windowStart(ofRow: 1_999_999_999) == 1_999_934_464 && giant.windowStart(ofRow: 0) == 0)
    #expect(giant.windowStart(ofRow: 1_000_000_000) == 1_000_000_000 - 32_768)
    #expect(giant.count == 2_000_000_000)
  }

  @Test("births choose distinct inputs in the window, all equally often, alike for any number of threads")
  func births() {
    for shape in shapes {
      let made = (1...3).map {
        WindowedMatrix(shape, deviation: 0.5, random: Random(seed: 3), workers: Workers(threads: $0))
      }
      #expect(made[0] == made[1] && made[0] == made[2])
      let offsets = (0..<shape.count).map { UInt16(made[0].offsets[$0]) }
      #expect(throws: Never.self) { try WindowedMatrix(shape, offsets: offsets, values: made[0].values) }
      #expect(made[0] != WindowedMatrix(shape, deviation: 0.5, random: Random(seed: 4), workers: oneThread))
    }
    let shape = WindowShape(rows: 40_000, columns: 40_000, fanIn: 3, window: 10)
    let matrix = WindowedMatrix(shape, deviation: 0.5, random: Random(seed: 5), workers: Workers(threads: 2))
    var counts = [Int](repeating: 0, count: 10)
    for index in 0..<shape.count { counts[matrix.offsets[index]] += 1 }
    // 120,000 draws, 12,000 an offset: the deviation is about 92.
    #expect(counts.allSatisfy { abs($0 - 12_000) < 500 }, "\(counts)")
    let weights = matrix.values.elements
    let squares = weights.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(shape.count)
    let mean = weights.reduce(0.0) { $0 + Double($1) } / Double(shape.count)
    #expect(abs(squares.squareRoot() - 0.5) < 0.005 && abs(mean) < 0.01)
    #expect(weights.allSatisfy { abs($0) <= 0.5 * Float(3).squareRoot() })
  }

  @Test("the kernels are the slow truth of the same connections", arguments: tableNames)
  func oracle(name: String) throws {
    let kernels = try table(name)
    for shape in shapes {
      for batch in [1, 2, 17, 64, 130] {
        var random = Random(seed: UInt64(batch))
        let matrix = WindowedMatrix(shape, deviation: 1, random: random.split("matrix"), workers: oneThread)
        let pattern = matrix.sparseMatrix().pattern
        let bias = random.vector(shape.rows)
        let input = random.matrix(shape.columns, batch)
        let gradient = random.matrix(shape.rows, batch)
        let x = Activations(input, padding: 5)
        let dy = Activations(gradient)
        let y = Activations(features: shape.rows, capacity: batch)
        let dx = Activations(features: shape.columns, capacity: batch)
        dx.fill(0)
        var dw = Vector(repeating: 3, count: shape.count)
        var stepped = matrix.values
        var windows = espalier_windows(
          rows: Int64(shape.rows), columns: Int64(shape.columns), fan_in: Int64(shape.fanIn),
          window: Int64(shape.window))
        var step = espalier_step(rate: 0.1, decay: 0.3, gradient_scale: 0.5)
        for (first, end) in [(0, shape.rows / 3), (shape.rows / 3, shape.rows)] {
          for block in 0..<x.blocks {
            matrix.values.read { values in
              bias.read {
                kernels.windowed_forward(
                  &windows, Int64(first), Int64(end), matrix.offsets.base, values, $0, x.block(block), Int64(x.lanes),
                  y.block(block))
              }
            }
          }
          var values = matrix.values
          dw.write { dw in
            values.write {
              kernels.windowed_backward(
                &windows, Int64(first), Int64(end), matrix.offsets.base, $0, x.block(0), dy.block(0), Int64(x.lanes),
                Int64(x.blocks), dx.block(0), nil, dw, 0)
            }
          }
          #expect(values == matrix.values, "without a step the values stay")
          stepped.write {
            kernels.windowed_backward(
              &windows, Int64(first), Int64(end), matrix.offsets.base, $0, x.block(0), dy.block(0), Int64(x.lanes),
              Int64(x.blocks), nil, &step, nil, 0)
          }
        }
        let case_ = "\(shape), batch \(batch)"
        let values = matrix.values
        #expect(distance(y.matrix, Reference.forward(pattern, values: values, bias: bias, input)) < 1e-5, "\(case_)")
        #expect(
          distance(dx.matrix, Reference.inputGradient(pattern, values: values, outputGradient: gradient)) < 1e-5,
          "\(case_)")
        #expect(
          distance(dw, Reference.weightGradient(pattern, input: input, outputGradient: gradient)) < 2e-5, "\(case_)")
        var separate = values
        separate.write { values in
          dw.read { kernels.sgd(Int64(shape.count), values, nil, $0, 0.5, 0.1, 0, 0, 0.3) }
        }
        #expect(bits(stepped) == bits(separate), "a step on the way has the bytes of one after, \(case_)")
      }
    }
  }

  @Test("the windows of every other range do not meet, and ranges and groups cover the neurons once")
  func ranges() {
    for (rows, columns) in [(100_000, 100_000), (300_000, 30_000), (30_000, 300_000), (1, 500_000), (70_000, 3)] {
      for window in [1, 2, 700, 16_384, 65_536] {
        for (group, scatters) in [(1, true), (1 << 23, true), (1 << 23, false)] {
          let shape = WindowShape(rows: rows, columns: columns, fanIn: 1, window: window)
          let ranges = WindowRanges(shape, scatters: scatters, connectionsPerGroup: group)
          #expect(ranges.length <= 16_384 || !ranges.isSerial && scatters, "short ranges where windows do not matter")
          #expect(ranges.rows(0).lowerBound == 0 && ranges.rows(ranges.count - 1).upperBound == rows)
          for range in 0..<ranges.count {
            #expect(!ranges.rows(range).isEmpty)
            if range > 0 { #expect(ranges.rows(range).lowerBound == ranges.rows(range - 1).upperBound) }
            if range > 1 && scatters && !ranges.isSerial {
              #expect(ranges.inputs(range).lowerBound >= ranges.inputs(range - 2).upperBound)
            }
          }
          #expect((0..<ranges.groups).flatMap { Array(ranges.group($0)) } == Array(0..<ranges.count))
          #expect((0..<ranges.groups).allSatisfy { ranges.group($0).lowerBound.isMultiple(of: 2) })
          let connections = (0..<ranges.groups).map { ranges.connections(ofGroup: $0) }
          #expect(connections.first?.lowerBound == 0 && connections.last?.upperBound == rows)
          #expect(zip(connections, connections.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        }
      }
    }
  }

  @Test("passes give the same bytes for any number of threads", arguments: [(1, 50_000), (20, 50_000), (1, 6000)])
  func threads(batch: Int, columns: Int) {
    let shape = WindowShape(rows: 66_000, columns: columns, fanIn: 2, window: 3000)
    var random = Random(seed: 8)
    let matrix = WindowedMatrix(shape, deviation: 1, random: random.split("matrix"), workers: Workers(threads: 2))
    let ranges = WindowRanges(shape, scatters: true)
    #expect(ranges.count > 6 && ranges.isSerial == (columns == 6000))
    let x = Activations(features: shape.columns, capacity: batch)
    let dy = Activations(features: shape.rows, capacity: batch)
    for feature in 0..<shape.columns { x[feature, 0] = random.signed() }
    for feature in 0..<shape.rows { dy[feature, 0] = random.signed() }
    let sparse = matrix.sparseMatrix()
    let input = batch == 1 ? x.matrix : Matrix(rows: 0, columns: 0)
    var bytes: [[UInt32]] = []
    for threads in 1...3 {
      let workers = Workers(threads: threads)
      let y = Activations(features: shape.rows, capacity: batch)
      let dx = Activations(features: shape.columns, capacity: batch)
      dx.fill(7)
      var gradient = Vector(repeating: 1, count: shape.count)
      matrix.forward(x, bias: nil, into: y, workers: workers)
      matrix.backward(
        input: x, outputGradient: dy, inputGradient: dx, gradient: &gradient, accumulate: true, workers: workers)
      var stepped = matrix
      let apart = bits(dx)
      dx.fill(7)
      stepped.backward(
        input: x, outputGradient: dy, inputGradient: dx, taking: SGDStep(rate: 0.1), workers: workers)
      #expect(bits(dx) == apart)
      bytes.append(bits(y) + bits(dx) + bits(gradient) + bits(stepped.values))
      guard threads == 3, batch == 1 else { continue }
      let want = Reference.inputGradient(sparse.pattern, values: sparse.values, outputGradient: dy.matrix)
      #expect(distance(dx.matrix, want) < 1e-5)
      #expect(distance(y.matrix, Reference.forward(sparse.pattern, values: sparse.values, bias: nil, input)) < 1e-5)
    }
    #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2])
  }

  @Test("offsets from outside are checked")
  func checks() throws {
    let shape = WindowShape(rows: 2, columns: 9, fanIn: 2, window: 5)
    let values: Vector = [1, 2, 3, 4]
    let matrix = try WindowedMatrix(shape, offsets: [0, 4, 1, 2], values: values)
    #expect((0..<2).map { matrix.column(row: 0, slot: $0) } == [0, 4])
    #expect((0..<2).map { matrix.column(row: 1, slot: $0) } == [5, 6])
    #expect(matrix.bytes == 24)
    #expect(throws: WindowError.count(expected: 4, got: 3)) {
      try WindowedMatrix(shape, offsets: [0, 4, 1], values: values)
    }
    #expect(throws: WindowError.count(expected: 4, got: 1)) {
      try WindowedMatrix(shape, offsets: [0, 4, 1, 2], values: [1])
    }
    #expect(throws: WindowError.offset(row: 1, offset: 5, window: 5)) {
      try WindowedMatrix(shape, offsets: [0, 4, 1, 5], values: values)
    }
    #expect(throws: WindowError.order(row: 0)) { try WindowedMatrix(shape, offsets: [4, 4, 1, 2], values: values) }
  }
}
