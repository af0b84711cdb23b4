// SPDX-License-Identifier: Apache-2.0
// Espalier: dense layers and sums over samples.

internal import CKernels

/// What the tasks of a dense pass share.
private struct DenseJob {
  let kernels: UnsafePointer<espalier_kernels>
  let weights: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let outputs: Int
  let inputs: Int
  let source: Activations
  let target: Activations
  let tasks: RowTasks
}

private struct DenseGradientJob {
  let kernels: UnsafePointer<espalier_kernels>
  let gradient: UnsafeMutablePointer<Float>
  let x: Activations
  let dy: Activations
  let accumulate: Bool
}

extension Kernels {
  /// y = W x + b with dense weights [outputs, inputs]; `y` takes the samples of `x`.
  package static func denseForward(
    weights: Matrix, bias: Vector?, _ x: Activations, into y: Activations, workers: Workers
  ) {
    checkLayer(outputs: weights.rows, inputs: weights.columns, input: x, output: y)
    checkRoom(for: x.samples, in: y)
    if let bias { checkCount(bias, weights.rows, "bias") }
    y.resize(samples: x.samples)
    let tasks = RowTasks(rows: weights.rows, connections: work(weights, x))
    weights.values.read { values in
      Vector.lend(bias) { bias in
        let job = DenseJob(
          kernels: table, weights: values, bias: bias, outputs: weights.rows, inputs: weights.columns, source: x,
          target: y, tasks: tasks)
        workers.run(
          x.blocks * tasks.chunks, job, parallel: worthSharing(weights.values.count * x.samples)
        ) { job, task in
          let block = task / job.tasks.chunks
          let (first, end) = job.tasks.rows(ofChunk: task % job.tasks.chunks)
          job.kernels.pointee.dense_forward(
            first, end, Int64(job.inputs), job.weights, job.bias, job.source.block(block), Int64(job.source.lanes),
            job.target.block(block))
        }
      }
    }
  }

  /// What a pass over the weights costs a block: a sixteenth for one lane, which would else be cut too fine.
  private static func work(_ weights: Matrix, _ x: Activations) -> Int {
    x.lanes == 1 ? weights.values.count / 16 : weights.values.count
  }

  /// dx = Wᵀ dy with dense weights [outputs, inputs]; `dx` takes the samples of `dy`.
  package static func denseInputGradient(
    weights: Matrix, _ dy: Activations, into dx: Activations, workers: Workers
  ) {
    checkLayer(outputs: weights.rows, inputs: weights.columns, input: dx, output: dy)
    checkRoom(for: dy.samples, in: dx)
    dx.resize(samples: dy.samples)
    let tasks = RowTasks(rows: weights.columns, connections: work(weights, dy))
    weights.values.read { values in
      let job = DenseJob(
        kernels: table, weights: values, bias: nil, outputs: weights.rows, inputs: weights.columns, source: dy,
        target: dx, tasks: tasks)
      workers.run(
        dy.blocks * tasks.chunks, job, parallel: worthSharing(weights.values.count * dy.samples)
      ) { job, task in
        let block = task / job.tasks.chunks
        let (first, end) = job.tasks.rows(ofChunk: task % job.tasks.chunks)
        job.kernels.pointee.dense_input_gradient(
          first, end, Int64(job.outputs), Int64(job.inputs), job.weights, job.source.block(block),
          Int64(job.source.lanes), job.target.block(block))
      }
    }
  }

  /// dW = dy xᵀ for dense weights, row-major [outputs, inputs].
  package static func denseWeightGradient(
    input x: Activations, outputGradient dy: Activations, into gradient: inout Vector, accumulate: Bool,
    workers: Workers
  ) {
    checkLayer(outputs: dy.features, inputs: x.features, input: x, output: dy)
    checkSameSamples(x, dy)
    checkCount(gradient, dy.features * x.features, "weight gradient")
    gradient.write { gradient in
      let job = DenseGradientJob(kernels: table, gradient: gradient, x: x, dy: dy, accumulate: accumulate)
      workers.run(
        dy.features, job, parallel: worthSharing(dy.features * x.features * x.samples)
      ) { job, row in
        for block in 0..<job.x.blocks {
          job.kernels.pointee.dense_gradient_row(
            0, Int64(job.x.features), job.x.block(block), job.dy.block(block) + row * job.dy.lanes,
            Int64(job.x.lanes), job.gradient + row * job.x.features, job.accumulate || block > 0 ? 1 : 0)
        }
      }
    }
  }

  /// One output row of dy xᵀ at some columns: what growth by gradient streams, without a rows x columns buffer.
  ///
  /// - Parameter target: takes one value a column. Safety: valid for `columns.count` floats.
  package static func gradientRow(
    row: Int, columns: Range<Int>, input x: Activations, outputGradient dy: Activations,
    into target: UnsafeMutablePointer<Float>
  ) {
    checkLayer(outputs: dy.features, inputs: x.features, input: x, output: dy)
    checkSameSamples(x, dy)
    precondition(row >= 0 && row < dy.features, "row \(row) of \(dy.features)")
    precondition(
      columns.lowerBound >= 0 && columns.upperBound <= x.features, "columns \(columns) of \(x.features)")
    for block in 0..<x.blocks {
      table.pointee.dense_gradient_row(
        Int64(columns.lowerBound), Int64(columns.upperBound), x.block(block), dy.block(block) + row * dy.lanes,
        Int64(x.lanes), target, block > 0 ? 1 : 0)
    }
  }

  /// The sum of each feature over the samples, [features]: bias gradients.
  ///
  /// Padded lanes must be zero.
  package static func rowSums(
    _ dy: Activations, into sums: inout Vector, accumulate: Bool, workers: Workers
  ) {
    checkCount(sums, dy.features, "row sums")
    sums.write { sums in
      let job = DenseGradientJob(kernels: table, gradient: sums, x: dy, dy: dy, accumulate: accumulate)
      let rowsPerTask = 1024
      workers.run(
        (dy.features + rowsPerTask - 1) / rowsPerTask, job, parallel: worthSharing(dy.features * dy.samples)
      ) { job, task in
        let first = task * 1024
        let end = min(job.dy.features, first + 1024)
        for block in 0..<job.dy.blocks {
          job.kernels.pointee.row_sums(
            Int64(first), Int64(end), job.dy.block(block), Int64(job.dy.lanes), job.gradient,
            job.accumulate || block > 0 ? 1 : 0)
        }
      }
    }
  }
}
