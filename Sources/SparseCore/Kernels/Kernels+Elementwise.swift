// SPDX-License-Identifier: Apache-2.0
// Espalier: elementwise functions of activations and vectors.

internal import CKernels

/// The activation functions that the kernels know.
package enum ActivationKind: Sendable, Equatable {
  /// max(x, 0)
  case relu
  /// x > 0 ? x : slope x
  case leakyReLU
  case tanh
  /// 1 / (1 + e⁻ˣ)
  case sigmoid
  /// x / 2 (1 + tanh(√(2/π) (x + 0.044715 x³)))
  case gelu

  var code: Int32 {
    let kind =
      switch self {
      case .relu: espalier_relu
      case .leakyReLU: espalier_leaky_relu
      case .tanh: espalier_tanh
      case .sigmoid: espalier_sigmoid
      case .gelu: espalier_gelu
      }
    return Int32(kind.rawValue)
  }
}

/// What the tasks of an elementwise function share; task *t* handles the values from *t* x `Kernels.chunk`.
private struct ElementwiseJob {
  let kernels: UnsafePointer<espalier_kernels>
  let kind: Int32
  let slope: Float
  let count: Int
  let x: UnsafePointer<Float>?
  let y: UnsafePointer<Float>?
  let dy: UnsafePointer<Float>?
  let target: UnsafeMutablePointer<Float>

  func count(ofTask task: Int) -> Int64 { Int64(min(Kernels.chunk, count - task * Kernels.chunk)) }
}

extension Kernels {
  /// y = f(x); `y` may be `x`, and takes its samples.
  ///
  /// - Parameter slope: for negative inputs of the leaky kind.
  package static func activate(
    _ kind: ActivationKind, slope: Float = 0, _ x: Activations, into y: Activations, workers: Workers
  ) {
    checkTwins(x, y)
    y.resize(samples: x.samples)
    let count = x.blocks * x.blockStride
    let job = ElementwiseJob(
      kernels: table, kind: kind.code, slope: slope, count: count, x: x.block(0), y: nil, dy: nil, target: y.block(0))
    workers.run(chunks(count), job, parallel: worthSharing(count)) { job, task in
      guard let x = job.x else { return }
      let start = task * Kernels.chunk
      job.kernels.pointee.activate(job.kind, job.slope, job.count(ofTask: task), x + start, job.target + start)
    }
  }

  /// dx = dy f′, for which `activated` is the output y, but for gelu the input x.
  ///
  /// `dx` may be `dy`.
  /// A leaky slope must be positive here; ``leakyGradient(input:slope:outputGradient:into:workers:)`` takes any.
  package static func activateGradient(
    _ kind: ActivationKind, slope: Float = 0, activated: Activations, outputGradient dy: Activations,
    into dx: Activations, workers: Workers
  ) {
    checkTwins(activated, dy)
    checkSameSamples(activated, dy)
    checkTwins(dy, dx)
    dx.resize(samples: dy.samples)
    let count = dy.blocks * dy.blockStride
    let job = ElementwiseJob(
      kernels: table, kind: kind.code, slope: slope, count: count, x: activated.block(0), y: activated.block(0),
      dy: dy.block(0), target: dx.block(0))
    workers.run(chunks(count), job, parallel: worthSharing(count)) { job, task in
      guard let x = job.x, let y = job.y, let dy = job.dy else { return }
      let start = task * Kernels.chunk
      job.kernels.pointee.activate_gradient(
        job.kind, job.slope, job.count(ofTask: task), x + start, y + start, dy + start, job.target + start)
    }
  }

  /// dx = x > 0 ? dy : slope dy, read from the layer's input, for slopes of any sign.
  ///
  /// `dx` may be `dy`.
  package static func leakyGradient(
    input x: Activations, slope: Float, outputGradient dy: Activations, into dx: Activations, workers: Workers
  ) {
    checkTwins(x, dy)
    checkSameSamples(x, dy)
    checkTwins(dy, dx)
    dx.resize(samples: dy.samples)
    let count = dy.blocks * dy.blockStride
    let job = ElementwiseJob(
      kernels: table, kind: 0, slope: slope, count: count, x: x.block(0), y: nil, dy: dy.block(0),
      target: dx.block(0))
    workers.run(chunks(count), job, parallel: worthSharing(count)) { job, task in
      guard let x = job.x, let dy = job.dy else { return }
      let start = task * Kernels.chunk
      job.kernels.pointee.leaky_gradient_from_input(
        job.slope, job.count(ofTask: task), x + start, dy + start, job.target + start)
    }
  }

  /// Whether every value in use is finite, padding included.
  package static func isFinite(_ x: Activations) -> Bool {
    table.pointee.all_finite(Int64(x.blocks * x.blockStride), x.block(0)) != 0
  }

  /// Whether every element is finite.
  package static func isFinite(_ x: Vector) -> Bool {
    #if !hasFeature(Embedded)
      if let part = x.storage.part { return isFinite(x, in: part) }
    #endif
    return x.read { table.pointee.all_finite(Int64(x.count), $0) != 0 }
  }

  #if !hasFeature(Embedded)
    /// The same for elements in a file, of which 32 MiB at a time are in memory.
    private static func isFinite(_ x: Vector, in part: StoragePart) -> Bool {
      let piece = 1 << 23
      return x.read { values in
        stride(from: 0, to: x.count, by: piece).allSatisfy { start in
          let end = min(x.count, start + piece)
          part.willNeed((end * 4)..<(min(x.count, end + piece) * 4))
          defer { part.release((start * 4)..<(end * 4), isChanged: false) }
          return table.pointee.all_finite(Int64(end - start), values + start) != 0
        }
      }
    }
  #endif

  /// The sum of the squares, in double precision and a fixed order.
  package static func sumOfSquares(_ x: Vector) -> Double {
    x.read { table.pointee.sum_of_squares(Int64(x.count), $0) }
  }
}
