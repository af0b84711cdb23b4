// SPDX-License-Identifier: Apache-2.0
// Espalier: activation functions and sums against the slow truth.

import CKernels
import SparseCore
import Testing

private let kinds: [(kind: ActivationKind, code: Int32, slope: Float)] = [
  (.relu, 0, 0), (.leakyReLU, 1, 0.25), (.tanh, 2, 0), (.sigmoid, 3, 0), (.gelu, 4, 0),
]

/// From -100 to 100, dense around 0, and the ends of the range.
private let inputs: [Float] =
  (-400...400).map { Float($0) / 4 } + (-300...300).map { Float($0) / 100 } + (0..<20).map { 1 / Float(1 << $0) }
  + [-.infinity, .infinity, 3e38, -3e38, 0x1p-140, 0, -0.0, 88.7, -87.4, 103.9, -103.9, 0.6249, 0.6251]

@Suite struct ElementwiseKernelTests {
  @Test("activations are right over the whole range and nowhere NaN", arguments: tableNames)
  func activations(name: String) throws {
    let kernels = try table(name)
    for (kind, code, slope) in kinds {
      var outputs = [Float](repeating: .nan, count: inputs.count)
      kernels.activate(code, slope, Int64(inputs.count), inputs, &outputs)
      for (x, y) in zip(inputs, outputs) {
        let want = Reference.activate(kind, slope: Double(slope), Double(x))
        if want.isInfinite || Float(want).isInfinite {
          #expect(y == Float(want), "\(kind)(\(x))")
        } else {
          let error = abs(Double(y) - want)
          let tolerance = kind == .gelu ? 1e-6 * abs(want) + 3e-7 : 4e-7 * abs(want) + 1e-38
          #expect(error <= tolerance, "\(kind)(\(x)) = \(y), expected \(want)")
        }
      }
    }
  }

  @Test("NaN goes in and comes out", arguments: tableNames)
  func nan(name: String) throws {
    let kernels = try table(name)
    for (_, code, slope) in kinds {
      var values: [Float] = [1, .nan, 3]
      values.withUnsafeMutableBufferPointer { values in
        guard let base = values.baseAddress else { return }
        kernels.activate(code, slope, 3, base, base)
      }
      #expect(!values[0].isNaN && values[1].isNaN && !values[2].isNaN)
    }
  }

  @Test("derivatives are right over the whole range", arguments: tableNames)
  func derivatives(name: String) throws {
    let kernels = try table(name)
    let dy = [Float](repeating: 2, count: inputs.count)
    for (kind, code, slope) in kinds {
      var outputs = [Float](repeating: 0, count: inputs.count)
      var dx = outputs
      kernels.activate(code, slope, Int64(inputs.count), inputs, &outputs)
      kernels.activate_gradient(
        code, slope, Int64(inputs.count), kind == .gelu ? inputs : nil, kind == .gelu ? nil : outputs, dy, &dx)
      for (x, slopeAt) in zip(inputs, dx) {
        let want = 2 * Reference.derivative(kind, slope: Double(slope), Double(x))
        #expect(abs(Double(slopeAt) - want) < 2e-6, "\(kind)'(\(x)) = \(slopeAt / 2), expected \(want / 2)")
      }
    }
    var dx = [Float](repeating: 0, count: 3)
    kernels.leaky_gradient_from_input(-0.5, 3, [-1, 0, 2], [4, 4, 4], &dx)
    #expect(dx == [-2, -2, 4])
  }

  @Test("a value does not depend on its place, and nothing past the end is touched", arguments: tableNames)
  func places(name: String) throws {
    let kernels = try table(name)
    for (_, code, slope) in kinds {
      for count in [1, 3, 4, 7, 15, 16, 17, 33] {
        let x = [Float](repeating: -0.7, count: count)
        var y = [Float](repeating: 9, count: count + 1)
        kernels.activate(code, slope, Int64(count), x, &y)
        #expect(Set(y.dropLast().map { $0.bitPattern }).count == 1)
        #expect(y[count] == 9)
      }
    }
  }

  @Test("sums of squares and the search for what is not finite", arguments: tableNames)
  func sums(name: String) throws {
    let kernels = try table(name)
    var random = Random(seed: 8)
    for count in [0, 1, 5, 16, 17, 100] {
      let x = random.vector(count).elements
      let squares = x.reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(abs(kernels.sum_of_squares(Int64(count), x) - squares) <= 1e-14 * squares)
      #expect(kernels.all_finite(Int64(count), x) == 1)
      for bad in [Float.nan, .infinity, -.infinity] {
        for place in 0..<count {
          var broken = x
          broken[place] = bad
          #expect(kernels.all_finite(Int64(count), broken) == 0)
        }
      }
    }
  }

  @Test("the wrappers share out long activations without a trace")
  func wrappers() {
    var random = Random(seed: 2)
    let x = Activations(random.matrix(700, 150))
    let dy = Activations(random.matrix(700, 150))
    var bytes: [[UInt32]] = []
    for threads in 1...3 {
      let workers = Workers(threads: threads)
      let y = Activations(features: 700, capacity: 150)
      let dx = Activations(features: 700, capacity: 150)
      Kernels.activate(.tanh, x, into: y, workers: workers)
      Kernels.activateGradient(.tanh, activated: y, outputGradient: dy, into: dx, workers: workers)
      #expect(Kernels.isFinite(dx))
      let want = Reference.derivative(.tanh, Double(x[699, 149])) * Double(dy[699, 149])
      #expect(abs(Double(dx[699, 149]) - want) < 1e-5)
      Kernels.leakyGradient(input: x, slope: -0.1, outputGradient: dy, into: dx, workers: workers)
      #expect(dx[3, 80] == (x[3, 80] > 0 ? dy[3, 80] : -0.1 * dy[3, 80]))
      bytes.append(bits(y) + bits(dx))
      dx[5, 5] = .nan
      #expect(!Kernels.isFinite(dx))
    }
    #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2])
    #expect(Kernels.sumOfSquares([3, 4]) == 25)
    #expect(Kernels.isFinite([1, 2]) && !Kernels.isFinite([1, .infinity]))
  }

  @Test("the table in use is one of those this machine can run, and unknown names have none")
  func names() {
    #expect(tableNames.contains(Kernels.name))
    #expect(tableNames.contains("portable"))
    #expect(espalier_kernels_named("mmx") == nil)
    #expect(espalier_kernels_named("") == nil)
  }
}
