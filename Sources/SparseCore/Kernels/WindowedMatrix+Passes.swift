// SPDX-License-Identifier: Apache-2.0
// Espalier: W x + b over windowed connections, and its gradients.

internal import CKernels

/// What the tasks of a windowed pass share.
private struct WindowedJob {
  let kernels: UnsafePointer<espalier_kernels>
  let offsets: UnsafePointer<UInt16>
  let values: UnsafeMutablePointer<Float>
  let bias: UnsafePointer<Float>?
  let x: Activations
  /// The outputs, or their gradient in a backward pass.
  let y: Activations
  let dx: Activations?
  let gradient: UnsafeMutablePointer<Float>?
  let step: SGDStep?
  let accumulate: Bool
  let ranges: WindowRanges

  /// One range of neurons of one block.
  func forward(_ range: Int, block: Int) {
    let rows = ranges.rows(range)
    withUnsafePointer(to: ranges.shape.kernelShape) { shape in
      kernels.pointee.windowed_forward(
        shape, Int64(rows.lowerBound), Int64(rows.upperBound), offsets, values, bias, x.block(block), Int64(x.lanes),
        y.block(block))
    }
  }

  /// One range of neurons over all blocks.
  func backward(_ range: Int) {
    let rows = ranges.rows(range)
    let update = espalier_step(
      rate: step?.rate ?? 0, decay: step?.decay ?? 0, gradient_scale: step?.gradientScale ?? 1)
    withUnsafePointer(to: ranges.shape.kernelShape) { shape in
      withUnsafePointer(to: update) { update in
        kernels.pointee.windowed_backward(
          shape, Int64(rows.lowerBound), Int64(rows.upperBound), offsets, values, x.block(0), y.block(0),
          Int64(x.lanes), Int64(x.blocks), dx?.block(0), step == nil ? nil : update, gradient, accumulate ? 1 : 0)
      }
    }
  }
}

extension WindowedMatrix {
  /// y = W x + b: `x` is [inputs, samples], `bias` [outputs], `y` [outputs, samples].
  ///
  /// `y` takes the samples of `x`.
  ///
  /// - Complexity: O(*connections* x *samples*).
  package func forward(_ x: Activations, bias: Vector?, into y: Activations, workers: Workers) {
    Kernels.checkLayer(outputs: rows, inputs: columns, input: x, output: y)
    Kernels.checkRoom(for: x.samples, in: y)
    if let bias { Kernels.checkCount(bias, rows, "bias") }
    y.resize(samples: x.samples)
    let ranges = WindowRanges(shape, scatters: false)
    let stream = WindowStream(ranges, offsets: offsets.storage, values: values.storage)
    let parallel = Kernels.worthSharing(count * x.samples)
    values.read { values in
      Vector.lend(bias) { bias in
        let job = WindowedJob(
          kernels: Kernels.table, offsets: offsets.base, values: UnsafeMutablePointer(mutating: values), bias: bias,
          x: x, y: y, dx: nil, gradient: nil, step: nil, accumulate: false, ranges: ranges)
        stream.forEachGroup(changing: .nothing) { group in
          workers.run(x.blocks * group.count, (job, group), parallel: parallel) { part, task in
            let (job, group) = part
            job.forward(group.lowerBound + task % group.count, block: task / group.count)
          }
        }
      }
    }
  }

  /// The gradients of a layer: dW = dy xᵀ on the connections, and dx = Wᵀ dy when asked for.
  ///
  /// - Parameters:
  ///   - x: the layer's input, [inputs, samples].
  ///   - dy: the gradient of its output, [outputs, samples], zero in padded lanes.
  ///   - dx: takes the gradient of the input and the samples of `x`; nil for a first layer.
  ///   - gradient: one value a connection, neuron after neuron.
  ///   - accumulate: adds to `gradient` instead of replacing it.
  /// - Complexity: O(*connections* x *samples*). Where windows are wider than about a sixth of the inputs there are too
  ///   few ranges to share out, and a pass with an input gradient takes one thread.
  package func backward(
    input x: Activations, outputGradient dy: Activations, inputGradient dx: Activations?, gradient: inout Vector,
    accumulate: Bool, workers: Workers
  ) {
    Kernels.checkCount(gradient, count, "weight gradient")
    let ranges = WindowRanges(shape, scatters: dx != nil)
    let stream = WindowStream(ranges, offsets: offsets.storage, values: values.storage)
    gradient.write { gradient in
      values.read { values in
        // Safety: without a step the kernel only reads the values.
        let job = WindowedJob(
          kernels: Kernels.table, offsets: offsets.base, values: UnsafeMutablePointer(mutating: values), bias: nil,
          x: x, y: dy, dx: dx, gradient: gradient, step: nil, accumulate: accumulate, ranges: ranges)
        Self.run(job, stream, workers)
      }
    }
  }

  /// The same with a step of plain gradient descent taken on the way, so that no gradient of the weights is kept.
  ///
  /// The bytes are those of ``backward(input:outputGradient:inputGradient:gradient:accumulate:workers:)`` and of
  /// `Kernels.sgd` after it.
  ///
  /// - Precondition: a step without momentum.
  package mutating func backward(
    input x: Activations, outputGradient dy: Activations, inputGradient dx: Activations?, taking step: SGDStep,
    workers: Workers
  ) {
    precondition(step.momentum == 0, "a step with momentum \(step.momentum) cannot be taken in a backward pass")
    let ranges = WindowRanges(shape, scatters: dx != nil)
    let stream = WindowStream(ranges, offsets: offsets.storage, values: values.storage)
    let offsets = self.offsets
    values.write { values in
      let job = WindowedJob(
        kernels: Kernels.table, offsets: offsets.base, values: values, bias: nil, x: x, y: dy, dx: dx, gradient: nil,
        step: step, accumulate: false, ranges: ranges)
      Self.run(job, stream, workers)
    }
  }

  private static func run(_ job: WindowedJob, _ stream: WindowStream, _ workers: Workers) {
    let shape = job.ranges.shape
    Kernels.checkLayer(outputs: shape.rows, inputs: shape.columns, input: job.x, output: job.y)
    Kernels.checkSameSamples(job.x, job.y)
    let parallel = Kernels.worthSharing(2 * shape.count * job.x.samples)
    if let dx = job.dx {
      Kernels.checkTwins(job.x, dx)
      precondition(
        dx !== job.x && dx !== job.y, "an input gradient in the place of the input or the output gradient")
      dx.resize(samples: job.x.samples)
      Kernels.clear(dx, workers: workers)
    }
    stream.forEachGroup(changing: job.step == nil ? .nothing : .values) { group in
      if job.dx == nil {
        workers.run(group.count, (job, group.lowerBound), parallel: parallel) { part, task in
          part.0.backward(part.1 + task)
        }
      } else if job.ranges.isSerial {
        for range in group { job.backward(range) }
      } else {
        workers.run((group.count + 1) / 2, (job, group.lowerBound), parallel: parallel) { part, task in
          part.0.backward(part.1 + 2 * task)
        }
        workers.run(group.count / 2, (job, group.lowerBound), parallel: parallel) { part, task in
          part.0.backward(part.1 + 2 * task + 1)
        }
      }
    }
  }
}

extension Kernels {
  /// Sets every value in use to 0, padding included.
  package static func clear(_ x: Activations, workers: Workers) {
    let count = x.blocks * x.blockStride
    workers.run(chunks(count), (x.block(0), count), parallel: worthSharing(count)) { job, task in
      let start = task * chunk
      (job.0 + start).update(repeating: 0, count: min(chunk, job.1 - start))
    }
  }
}
