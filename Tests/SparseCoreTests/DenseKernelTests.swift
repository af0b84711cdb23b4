// SPDX-License-Identifier: Apache-2.0
// Espalier: the dense kernels against the slow truth.

import CKernels
import SparseCore
import Testing

@Suite struct DenseKernelTests {
  @Test("dense kernels are the sparse truth with every connection", arguments: tableNames)
  func oracle(name: String) throws {
    let kernels = try table(name)
    for (outputs, inputs) in [(1, 1), (7, 10), (4, 13), (23, 150)] {
      let pattern = Reference.dense(outputs: outputs, inputs: inputs)
      for batch in inputs > 100 ? [1] : batches {
        var random = Random(seed: UInt64(batch))
        let weights = random.vector(pattern.count)
        let bias = random.vector(outputs)
        let input = random.matrix(inputs, batch)
        let gradient = random.matrix(outputs, batch)
        let x = Activations(input, padding: 5)
        let dy = Activations(gradient)
        let whole = passes(kernels, weights, bias, x, dy, rowCut: 0, columnCut: 0)
        let cut = passes(kernels, weights, bias, x, dy, rowCut: outputs / 2, columnCut: inputs / 3)
        #expect(whole.bytes == cut.bytes, "cut, batch \(batch)")
        #expect(
          distance(whole.y.matrix, Reference.forward(pattern, values: weights, bias: bias, input)) < 1e-5)
        #expect(
          distance(
            whole.dx.matrix, Reference.inputGradient(pattern, values: weights, outputGradient: gradient)) < 1e-5)
        #expect(
          distance(whole.dw, Reference.weightGradient(pattern, input: input, outputGradient: gradient)) < 2e-5)
        #expect(distance(whole.sums, Reference.rowSums(gradient)) < 2e-5)
      }
    }
  }

  private struct Results {
    let y: Activations
    let dx: Activations
    let dw: Vector
    let sums: Vector

    var bytes: [UInt32] { bits(y) + bits(dx) + bits(dw) + bits(sums) }
  }

  private func passes(
    _ kernels: espalier_kernels, _ weights: Vector, _ bias: Vector, _ x: Activations, _ dy: Activations, rowCut: Int,
    columnCut: Int
  ) -> Results {
    let inputs = x.features
    let outputs = dy.features
    let y = Activations(features: outputs, capacity: x.samples)
    let dx = Activations(features: inputs, capacity: x.samples)
    var dw = Vector(repeating: 3, count: weights.count)
    var sums = Vector(repeating: 3, count: outputs)
    let lanes = Int64(x.lanes)
    for block in 0..<x.blocks {
      let adds: Int32 = block > 0 ? 1 : 0
      for (first, end) in [(0, rowCut), (rowCut, outputs)] {
        weights.read { w in
          bias.read {
            kernels.dense_forward(
              Int64(first), Int64(end), Int64(inputs), w, $0, x.block(block), lanes, y.block(block))
          }
        }
        sums.write { kernels.row_sums(Int64(first), Int64(end), dy.block(block), lanes, $0, adds) }
      }
      for (first, end) in [(0, columnCut), (columnCut, inputs)] {
        weights.read {
          kernels.dense_input_gradient(
            Int64(first), Int64(end), Int64(outputs), Int64(inputs), $0, dy.block(block), lanes, dx.block(block))
        }
        for row in 0..<outputs {
          dw.write {
            kernels.dense_gradient_row(
              Int64(first), Int64(end), x.block(block), dy.block(block) + row * dy.lanes, lanes,
              $0 + row * inputs + first, adds)
          }
        }
      }
    }
    return Results(y: y, dx: dx, dw: dw, sums: sums)
  }

  @Test("the dense wrappers give the same bytes for any number of threads", arguments: [(120, 90, 70), (700, 900, 1)])
  func threads(outputs: Int, inputs: Int, samples: Int) {
    var random = Random(seed: 3)
    let weights = random.matrix(outputs, inputs)
    let bias = random.vector(outputs)
    let input = random.matrix(inputs, samples)
    let gradient = random.matrix(outputs, samples)
    let pattern = Reference.dense(outputs: outputs, inputs: inputs)
    var bytes: [[UInt32]] = []
    for threads in 1...3 {
      let workers = Workers(threads: threads)
      let x = Activations(input)
      let dy = Activations(gradient)
      let y = Activations(features: outputs, capacity: samples)
      let dx = Activations(features: inputs, capacity: samples)
      var dw = Vector(repeating: 1, count: outputs * inputs)
      var sums = Vector(repeating: 1, count: outputs)
      Kernels.denseForward(weights: weights, bias: bias, x, into: y, workers: workers)
      Kernels.denseInputGradient(weights: weights, dy, into: dx, workers: workers)
      Kernels.denseWeightGradient(
        input: x, outputGradient: dy, into: &dw, accumulate: true, workers: workers)
      Kernels.rowSums(dy, into: &sums, accumulate: true, workers: workers)
      bytes.append(bits(y) + bits(dx) + bits(dw) + bits(sums))
      guard threads == 2 else { continue }
      #expect(
        distance(y.matrix, Reference.forward(pattern, values: weights.values, bias: bias, input)) < 2e-5)
      #expect(
        distance(
          dx.matrix, Reference.inputGradient(pattern, values: weights.values, outputGradient: gradient)) < 2e-5)
      var want = Reference.weightGradient(pattern, input: input, outputGradient: gradient)
      for index in 0..<want.count { want[index] += 1 }
      #expect(distance(dw, want) < 2e-5)
    }
    #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2])
  }
}
