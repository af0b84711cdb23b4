// SPDX-License-Identifier: Apache-2.0
// Espalier: the gradients of W x + b over the connections that exist.

internal import CKernels

/// What the tasks of a backward pass share; values and gradients are as stored.
private struct BackwardJob<Form> {
  let kernels: UnsafePointer<espalier_kernels>
  let form: Form
  let values: UnsafeMutablePointer<Float>
  let gradient: UnsafeMutablePointer<Float>?
  /// The gradient of the second half of the blocks, when the halves are summed apart.
  let partial: UnsafeMutablePointer<Float>?
  let step: espalier_fused_step?
  let x: Activations
  let dy: Activations
  let narrow: NarrowRows?
  let dx: Activations?
  let masksInput: Bool
  let accumulate: Bool
  let tasks: RowTasks

  func slopes(_ block: Int) -> UnsafePointer<Float> { narrow?.block(block) ?? UnsafePointer(dy.block(block)) }

  /// The blocks that a group of tasks walks in order.
  func blocks(ofGroup group: Int) -> Range<Int> {
    guard partial != nil else { return 0..<x.blocks }
    let half = (x.blocks + 1) / 2
    return group == 0 ? 0..<half : half..<x.blocks
  }

  /// Where a group's gradient goes.
  func target(ofGroup group: Int) -> UnsafeMutablePointer<Float>? { group == 0 ? gradient : partial }

  /// Whether a block's gradient is added to what is there.
  func adds(_ group: Int, isFirst: Bool) -> Int32 { !isFirst || (group == 0 && accumulate) ? 1 : 0 }

  func withStep<Result>(_ body: (UnsafePointer<espalier_fused_step>?) -> Result) -> Result {
    guard let step else { return body(nil) }
    return withUnsafePointer(to: step) { body($0) }
  }
}

extension SparseMatrix {
  /// The floats that ``backward`` needs for the second half of the blocks when batches have up to `capacity` samples.
  ///
  /// A team shares the blocks of a batch, so that each thread keeps its own activations in its own cache; two halves are
  /// summed apart and then added, for the same bytes with any number of threads. Groups and lists do without: their
  /// tasks are columns.
  package func partialCount(capacity: Int) -> Int {
    if case .tiled = order, capacity > Activations.lanes(for: capacity) { return count }
    return 0
  }

  /// The gradients of a layer: dW = dy xᵀ on the connections, and dx = Wᵀ dy when asked for.
  ///
  /// - Parameters:
  ///   - x: the layer's input, [inputs, samples].
  ///   - dy: the gradient of its output, [outputs, samples], zero in padded lanes.
  ///   - narrow: the same samples as `dy`, rounded, to gather from instead.
  ///   - dx: takes the gradient of the input and the samples of `x`; nil for a first layer.
  ///   - masksInput: makes dx 0 where x is not above 0: the way back through a ReLU that made x.
  ///   - gradient: one value a connection, as stored.
  ///   - partial: scratch of ``partialCount(capacity:)`` floats; an empty one is made for the call.
  ///   - accumulate: adds to `gradient` instead of replacing it.
  /// - Complexity: O(*connections* x *samples*), without any rows x columns buffer.
  package func backward(
    input x: Activations, outputGradient dy: Activations, narrow: NarrowRows? = nil,
    inputGradient dx: Activations?, masksInput: Bool = false, gradient: inout Vector, partial: inout Vector,
    accumulate: Bool, workers: Workers
  ) {
    check(input: x, outputGradient: dy, inputGradient: dx)
    Kernels.checkCount(gradient, count, "weight gradient")
    let halves = x.blocks > 1 && partialCount(capacity: x.capacity) > 0
    if halves && partial.count != count { partial = Vector(count: count) }
    gradient.write { gradient in
      partial.write { partial in
        storedValues.read { values in
          // Safety: the kernel writes values only with a step, and there is none.
          run(
            values: UnsafeMutablePointer(mutating: values), gradient: gradient, partial: halves ? partial : nil,
            step: nil, x, dy, narrow, dx, masksInput: masksInput, accumulate: accumulate, workers: workers)
        }
      }
    }
    if halves { Kernels.add(partial, to: &gradient, workers: workers) }
  }

  /// The gradient of a layer's input alone, dx = Wᵀ dy.
  ///
  /// - Parameter scratch: takes what layouts without such a kernel compute besides; an empty one is made for the call.
  /// - Complexity: O(*connections* x *samples*), about half the time of ``backward``.
  package func inputGradient(
    input x: Activations, outputGradient dy: Activations, narrow: NarrowRows? = nil, into dx: Activations,
    masksInput: Bool = false, scratch: inout Vector, workers: Workers
  ) {
    check(input: x, outputGradient: dy, inputGradient: dx)
    var needsGradient = false
    if case .grouped = order { needsGradient = true }
    if needsGradient && scratch.count != count { scratch = Vector(count: count) }
    scratch.write { scratch in
      storedValues.read { values in
        // Safety: the kernel writes values only with a step, and there is none.
        run(
          values: UnsafeMutablePointer(mutating: values), gradient: needsGradient ? scratch : nil, partial: nil,
          step: nil, x, dy, narrow, dx, masksInput: masksInput, accumulate: false, workers: workers)
      }
    }
  }

  /// As ``backward`` with scratch of its own.
  package func backward(
    input x: Activations, outputGradient dy: Activations, inputGradient dx: Activations?, gradient: inout Vector,
    accumulate: Bool, workers: Workers
  ) {
    var partial = Vector(count: 0)
    backward(
      input: x, outputGradient: dy, inputGradient: dx, gradient: &gradient, partial: &partial, accumulate: accumulate,
      workers: workers)
  }

  /// Whether batches of up to `capacity` samples can be stepped on in the backward pass: those of one block.
  package static func canStepBackward(capacity: Int) -> Bool {
    let lanes = Activations.lanes(for: capacity)
    return capacity <= lanes && lanes <= 8 * Int(Kernels.table.pointee.vector_lanes)
  }

  /// The backward pass with a step of gradient descent on each connection in it; no gradient is stored.
  ///
  /// The values change as after ``backward`` and ``Kernels/sgd``, to the last bit.
  ///
  /// - Parameter momentum: one value a connection, as stored, when the step has momentum.
  package mutating func backward(
    stepping step: SGDStep, momentum: inout Vector?, input x: Activations, outputGradient dy: Activations,
    narrow: NarrowRows? = nil, inputGradient dx: Activations?, masksInput: Bool = false, workers: Workers
  ) {
    check(input: x, outputGradient: dy, inputGradient: dx)
    precondition(
      Self.canStepBackward(capacity: x.capacity),
      "a step in the backward pass of \(x.capacity) samples; one block at most")
    precondition(step.momentum == 0 || momentum != nil, "momentum \(step.momentum) without its buffer")
    if let momentum { Kernels.checkCount(momentum, count, "momentum") }
    var values = stored
    stored = Vector(count: 0)
    markCopiesStale()
    values.write { values in
      Vector.lendForWriting(&momentum) { momentum in
        let fused = espalier_fused_step(
          gradient_scale: step.gradientScale, rate: step.rate, momentum: step.momentum, decay: step.decay,
          nesterov: step.nesterov ? 1 : 0, momentum_values: step.momentum == 0 ? nil : momentum)
        run(
          values: values, gradient: nil, partial: nil, step: fused, x, dy, narrow, dx, masksInput: masksInput,
          accumulate: false, workers: workers)
      }
    }
    stored = values
  }

  private func run(
    values: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>?,
    partial: UnsafeMutablePointer<Float>?, step: espalier_fused_step?, _ x: Activations, _ dy: Activations,
    _ narrow: NarrowRows?, _ dx: Activations?, masksInput: Bool, accumulate: Bool, workers: Workers
  ) {
    let isParallel = Kernels.worthSharing(2 * count * x.samples)
    let groups = partial == nil ? 1 : 2
    switch order {
    case .tiled(let tiles):
      let job = BackwardJob(
        kernels: Kernels.table, form: tiles.kernelForm, values: values, gradient: gradient, partial: partial,
        step: step, x: x, dy: dy, narrow: narrow, dx: dx, masksInput: masksInput, accumulate: accumulate,
        tasks: RowTasks(rows: tiles.tilesAcross, connections: count))
      workers.run(groups * job.tasks.chunks, job, parallel: isParallel) { job, task in
        let group = task / job.tasks.chunks
        let (first, end) = job.tasks.rows(ofChunk: task % job.tasks.chunks)
        let blocks = job.blocks(ofGroup: group)
        job.withStep { step in
          withUnsafePointer(to: job.form) { form in
            for block in blocks {
              job.kernels.pointee.tiled_backward(
                form, first, end, job.values, job.x.block(block), job.slopes(block), Int64(job.x.lanes),
                job.narrow == nil ? 0 : 1, job.masksInput ? 1 : 0, job.dx?.block(block), job.target(ofGroup: group),
                job.adds(group, isFirst: block == blocks.lowerBound), step)
            }
          }
        }
      }
    case .grouped(let groups):
      let job = BackwardJob(
        kernels: Kernels.table, form: groups.kernelForm, values: values, gradient: gradient, partial: nil, step: step,
        x: x, dy: dy, narrow: narrow, dx: dx, masksInput: masksInput, accumulate: accumulate,
        tasks: RowTasks(rows: groups.tilesAcross, connections: count))
      workers.run(job.tasks.chunks, job, parallel: isParallel) { job, task in
        let (first, end) = job.tasks.rows(ofChunk: task)
        job.withStep { step in
          withUnsafePointer(to: job.form) { form in
            job.kernels.pointee.grouped_backward(
              form, first, end, job.values, job.x.block(0), job.slopes(0), Int64(job.x.lanes), Int64(job.x.blocks),
              job.narrow == nil ? 0 : 1, job.masksInput ? 1 : 0, job.dx?.block(0), job.gradient,
              job.accumulate ? 1 : 0, step)
          }
        }
      }
    case .listed(let lists):
      lists.withKernelForm(pattern) { form in
        let job = BackwardJob(
          kernels: Kernels.table, form: form, values: values, gradient: gradient, partial: nil, step: step, x: x,
          dy: dy, narrow: narrow, dx: dx, masksInput: masksInput, accumulate: accumulate,
          tasks: RowTasks(rows: columns, connections: count))
        workers.run(job.tasks.chunks, job, parallel: isParallel) { job, task in
          let (first, end) = job.tasks.rows(ofChunk: task)
          job.withStep { step in
            withUnsafePointer(to: job.form) { form in
              for block in 0..<job.x.blocks {
                job.kernels.pointee.listed_backward(
                  form, first, end, job.values, job.x.block(block), job.slopes(block), Int64(job.x.lanes),
                  job.narrow == nil ? 0 : 1, Kernels.rowsAhead(job.dy), job.masksInput ? 1 : 0, job.dx?.block(block),
                  job.gradient,
                  job.adds(0, isFirst: block == 0), step)
              }
            }
          }
        }
      }
    }
  }

  private func check(input x: Activations, outputGradient dy: Activations, inputGradient dx: Activations?) {
    Kernels.checkLayer(outputs: rows, inputs: columns, input: x, output: dy)
    Kernels.checkSameSamples(x, dy)
    if let dx {
      Kernels.checkTwins(x, dx)
      precondition(dx !== x && dx !== dy, "an input gradient in the place of the input or the output gradient")
      dx.resize(samples: x.samples)
    }
  }
}
