// SPDX-License-Identifier: Apache-2.0
// Espalier: the sparse kernels against the slow truth.

import CKernels
import SparseCore
import Testing

/// One layer, one batch, and what the slow truth says of it.
private struct Layer {
  let pattern: SparsityPattern
  let values: Vector
  let bias: Vector
  let x: Matrix
  let dy: Matrix

  init(rows: Int = 23, columns: Int = 30, density: Float = 0.3, batch: Int, seed: UInt64 = 1) {
    var random = Random(seed: seed)
    pattern = random.pattern(rows: rows, columns: columns, density: density)
    values = random.vector(pattern.count)
    bias = random.vector(rows)
    x = random.matrix(columns, batch)
    dy = random.matrix(rows, batch)
  }

  var starts: [Int64] { pattern.rowStarts.map { Int64($0) } }
  var order: TransposedOrder { TransposedOrder(pattern) }
}

/// The kernels of one table over all blocks, with rows or columns cut at `cut`.
private struct Runner {
  let kernels: espalier_kernels
  let layer: Layer

  func forward(bias: Bool, cut: Int) -> Activations {
    let x = Activations(layer.x, padding: 7)
    let y = Activations(features: layer.pattern.rows, capacity: x.samples)
    for block in 0..<x.blocks {
      layer.values.read { values in
        layer.bias.read { biases in
          for (first, end) in [(0, cut), (cut, layer.pattern.rows)] {
            kernels.sparse_forward(
              Int64(first), Int64(end), layer.starts, layer.pattern.columnIndices, values, bias ? biases : nil,
              x.block(block), Int64(x.lanes), y.block(block))
          }
        }
      }
    }
    return y
  }

  func backward(start: Vector?, wantsInput: Bool, cut: Int) -> (Vector, Activations) {
    let x = Activations(layer.x, padding: 7)
    let dy = Activations(layer.dy)
    let dx = Activations(features: layer.pattern.columns, capacity: x.samples)
    dx.fill(9)
    var gradient = start ?? Vector(repeating: 9, count: layer.pattern.count)
    let order = layer.order
    let starts = order.columnStarts.map { Int64($0) }
    gradient.write { gradient in
      layer.values.read { values in
        for block in 0..<x.blocks {
          for (first, end) in [(0, cut), (cut, layer.pattern.columns)] {
            kernels.sparse_backward(
              Int64(first), Int64(end), starts, order.rowIndices, order.positions, values, x.block(block),
              dy.block(block), Int64(x.lanes), wantsInput ? dx.block(block) : nil, gradient,
              start != nil || block > 0 ? 1 : 0)
          }
        }
      }
    }
    return (gradient, dx)
  }

  func weightGradient(start: Vector?, cut: Int) -> Vector {
    let x = Activations(layer.x, padding: 7)
    let dy = Activations(layer.dy)
    var gradient = start ?? Vector(repeating: 9, count: layer.pattern.count)
    gradient.write { gradient in
      for block in 0..<x.blocks {
        for (first, end) in [(0, cut), (cut, layer.pattern.rows)] {
          kernels.sparse_weight_gradient(
            Int64(first), Int64(end), layer.starts, layer.pattern.columnIndices, x.block(block), dy.block(block),
            Int64(x.lanes), gradient, start != nil || block > 0 ? 1 : 0)
        }
      }
    }
    return gradient
  }

  func inputGradient() -> Activations {
    let dy = Activations(layer.dy)
    let dx = Activations(features: layer.pattern.columns, capacity: dy.samples)
    layer.values.read { values in
      for block in 0..<dy.blocks {
        for first in stride(from: 0, to: dy.lanes, by: 16) {
          kernels.sparse_input_gradient(
            0, Int64(layer.pattern.rows), layer.starts, layer.pattern.columnIndices, values, dy.block(block),
            Int64(dy.lanes), Int64(first), dx.block(block))
        }
      }
    }
    return dx
  }
}

@Suite struct SparseKernelTests {
  @Test("forward is W x + b over the connections", arguments: tableNames)
  func forward(name: String) throws {
    for batch in batches {
      let layer = Layer(batch: batch)
      let runner = Runner(kernels: try table(name), layer: layer)
      for hasBias in [true, false] {
        let want = Reference.forward(
          layer.pattern, values: layer.values, bias: hasBias ? layer.bias : nil, layer.x)
        let got = runner.forward(bias: hasBias, cut: 0)
        #expect(distance(got.matrix, want) < 1e-5, "batch \(batch)")
        #expect(bits(got) == bits(runner.forward(bias: hasBias, cut: 7)), "rows cut, batch \(batch)")
      }
    }
  }

  @Test("backward is both gradients over the connections", arguments: tableNames)
  func backward(name: String) throws {
    for batch in batches {
      let layer = Layer(batch: batch)
      let runner = Runner(kernels: try table(name), layer: layer)
      let wantWeights = Reference.weightGradient(layer.pattern, input: layer.x, outputGradient: layer.dy)
      let wantInput = Reference.inputGradient(
        layer.pattern, values: layer.values, outputGradient: layer.dy)
      let (weights, input) = runner.backward(start: nil, wantsInput: true, cut: 0)
      #expect(distance(weights, wantWeights) < 2e-5, "batch \(batch)")
      #expect(distance(input.matrix, wantInput) < 1e-5, "batch \(batch)")
      let (cutWeights, cutInput) = runner.backward(start: nil, wantsInput: true, cut: 11)
      #expect(bits(weights) == bits(cutWeights), "columns cut, batch \(batch)")
      #expect(bits(input) == bits(cutInput), "columns cut, batch \(batch)")
      let (alone, untouched) = runner.backward(start: nil, wantsInput: false, cut: 0)
      #expect(bits(weights) == bits(alone), "without input gradient, batch \(batch)")
      #expect(untouched.floats.allSatisfy { $0 == 9 })
      #expect(bits(weights) == bits(runner.weightGradient(start: nil, cut: 4)), "row by row, batch \(batch)")
      #expect(distance(runner.inputGradient().matrix, wantInput) < 1e-5, "scattered, batch \(batch)")
    }
  }

  @Test("accumulating adds to what is there", arguments: tableNames)
  func accumulate(name: String) throws {
    for batch in [3, 32, 64, 130] {
      let layer = Layer(batch: batch)
      let runner = Runner(kernels: try table(name), layer: layer)
      var want = Reference.weightGradient(layer.pattern, input: layer.x, outputGradient: layer.dy)
      for index in 0..<want.count { want[index] += 0.5 }
      let start = Vector(repeating: 0.5, count: layer.pattern.count)
      #expect(distance(runner.backward(start: start, wantsInput: true, cut: 5).0, want) < 2e-5)
      #expect(distance(runner.weightGradient(start: start, cut: 5), want) < 2e-5)
    }
  }

  @Test("layers without rows, columns or connections are no trouble", arguments: tableNames)
  func empty(name: String) throws {
    for (rows, columns) in [(0, 3), (3, 0), (4, 4)] {
      let layer = Layer(rows: rows, columns: columns, density: 0, batch: 5)
      let runner = Runner(kernels: try table(name), layer: layer)
      let y = runner.forward(bias: true, cut: 0)
      for row in 0..<rows { #expect(y[row, 4] == layer.bias[row]) }
      let (gradient, dx) = runner.backward(start: nil, wantsInput: true, cut: 0)
      #expect(gradient.count == 0)
      #expect(dx.floats.allSatisfy { $0 == 0 })
    }
  }
}

@Suite struct SparseMatrixKernelTests {
  @Test("the wrappers agree with the slow truth and with themselves for any number of threads")
  func threads() {
    let teams = [Workers(threads: 1), Workers(threads: 2), Workers(threads: 3)]
    for batch in [5, 64, 200] {
      let layer = Layer(rows: 150, columns: 210, density: 0.7, batch: batch)
      let matrix = SparseMatrix(pattern: layer.pattern, values: layer.values)
      let x = Activations(layer.x, padding: 3, room: 256)
      let dy = Activations(layer.dy, room: 256)
      var bytes: [[UInt32]] = []
      for workers in teams {
        let y = Activations(features: 150, capacity: 256)
        let dx = Activations(features: 210, capacity: 256)
        let scattered = Activations(features: 210, capacity: 256)
        var gradient = Vector(repeating: 1, count: matrix.count)
        var byRows = gradient
        matrix.forward(x, bias: layer.bias, into: y, workers: workers)
        matrix.backward(
          input: x, outputGradient: dy, inputGradient: dx, gradient: &gradient, accumulate: true, workers: workers)
        matrix.backwardByRows(
          input: x, outputGradient: dy, inputGradient: scattered, gradient: &byRows, accumulate: true,
          workers: workers)
        #expect(y.samples == batch && dx.samples == batch)
        #expect(bits(gradient) == bits(byRows))
        bytes.append(bits(y) + bits(dx) + bits(gradient) + bits(scattered))
        guard workers.threads == 1 && batch == 64 else { continue }
        var want = Reference.weightGradient(layer.pattern, input: layer.x, outputGradient: layer.dy)
        for index in 0..<want.count { want[index] += 1 }
        #expect(distance(gradient, want) < 2e-5)
        let wantInput = Reference.inputGradient(
          layer.pattern, values: layer.values, outputGradient: layer.dy)
        #expect(distance(dx.matrix, wantInput) < 2e-5)
        #expect(distance(scattered.matrix, wantInput) < 2e-5)
        let wantOutput = Reference.forward(
          layer.pattern, values: layer.values, bias: layer.bias, layer.x)
        #expect(distance(y.matrix, wantOutput) < 2e-5)
      }
      #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2], "batch \(batch)")
    }
  }

  @Test("a candidate's gradient is the one it would have as a connection, to the last bit")
  func candidates() {
    let workers = Workers(threads: 2)
    let layer = Layer(batch: 70)
    let matrix = SparseMatrix(pattern: layer.pattern, values: layer.values)
    var random = Random(seed: 5)
    let candidates = random.pattern(rows: 23, columns: 30, density: 0.5)
    let x = Activations(layer.x, padding: 2)
    let dy = Activations(layer.dy)
    var scores = Vector(count: candidates.count)
    candidates.writeGradients(
      input: x, outputGradient: dy, into: &scores, accumulate: false, workers: workers)
    #expect(
      distance(scores, Reference.weightGradient(candidates, input: layer.x, outputGradient: layer.dy)) < 2e-5)
    var gradient = Vector(count: matrix.count)
    matrix.backward(
      input: x, outputGradient: dy, inputGradient: nil, gradient: &gradient, accumulate: false, workers: workers)
    var row = [Float](repeating: 0, count: 30)
    var shared = 0
    for output in 0..<23 {
      row.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        Kernels.gradientRow(row: output, columns: 0..<30, input: x, outputGradient: dy, into: base)
      }
      for position in candidates.positions(ofRow: output) {
        let column = Int(candidates.columnIndices[position])
        #expect(scores[position].bitPattern == row[column].bitPattern)
        guard let at = layer.pattern.position(row: output, column: column) else { continue }
        shared += 1
        #expect(scores[position].bitPattern == gradient[at].bitPattern)
      }
    }
    #expect(shared > 10)
  }
}
