// SPDX-License-Identifier: Apache-2.0
// Espalier: the gradients of W x + b over the connections that exist.

internal import CKernels

/// What the tasks of a backward pass share; the values and gradients are in the pattern's row-major order.
private struct BackwardJob {
  let kernels: UnsafePointer<espalier_kernels>
  let connections: Connections
  let positions: UnsafePointer<UInt32>
  let values: UnsafePointer<Float>
  let gradient: UnsafeMutablePointer<Float>
  let x: Activations
  let dy: Activations
  let dx: Activations?
  let accumulate: Bool
  let tasks: RowTasks

  /// Whether block `block` adds to what is there.
  func adds(_ block: Int) -> Int32 { accumulate || block > 0 ? 1 : 0 }
}

extension SparseMatrix {
  /// The gradients of a layer: dW = dy xᵀ on the connections, and dx = Wᵀ dy when asked for.
  ///
  /// - Parameters:
  ///   - x: the layer's input, [inputs, samples].
  ///   - dy: the gradient of its output, [outputs, samples], zero in padded lanes.
  ///   - dx: takes the gradient of the input and the samples of `x`; nil for a first layer.
  ///   - gradient: one value a connection, in the pattern's order.
  ///   - accumulate: adds to `gradient` instead of replacing it.
  /// - Complexity: O(*connections* x *samples*), without any rows x columns buffer.
  package func backward(
    input x: Activations, outputGradient dy: Activations, inputGradient dx: Activations?, gradient: inout Vector,
    accumulate: Bool, workers: Workers
  ) {
    check(input: x, outputGradient: dy, inputGradient: dx, gradient: gradient)
    if let transposed {
      backwardByColumns(
        transposed, input: x, outputGradient: dy, inputGradient: dx, gradient: &gradient, accumulate: accumulate,
        workers: workers)
    } else {
      backwardByRows(
        input: x, outputGradient: dy, inputGradient: dx, gradient: &gradient, accumulate: accumulate,
        workers: workers)
    }
  }

  /// One pass in input-major order: a task owns some inputs and walks the blocks in order.
  private func backwardByColumns(
    _ order: TransposedOrder, input x: Activations, outputGradient dy: Activations, inputGradient dx: Activations?,
    gradient: inout Vector, accumulate: Bool, workers: Workers
  ) {
    let tasks = RowTasks(rows: columns, connections: count)
    gradient.write { gradient in
      Connections.lend(order.columnStarts, order.rowIndices) { connections in
        Connections.lend(order.columnStarts, order.positions) { positions in
          values.read { values in
            let job = BackwardJob(
              kernels: Kernels.table, connections: connections, positions: positions.indices, values: values,
              gradient: gradient, x: x, dy: dy, dx: dx, accumulate: accumulate, tasks: tasks)
            workers.run(
              tasks.chunks, job, parallel: Kernels.worthSharing(2 * count * x.samples)
            ) { job, task in
              let (first, end) = job.tasks.rows(ofChunk: task)
              for block in 0..<job.x.blocks {
                job.kernels.pointee.sparse_backward(
                  first, end, job.connections.starts, job.connections.indices, job.positions, job.values,
                  job.x.block(block), job.dy.block(block), Int64(job.x.lanes), job.dx?.block(block), job.gradient,
                  job.adds(block))
              }
            }
          }
        }
      }
    }
  }

  /// Two passes in row-major order, for layers without the input-major one: the weight gradient by rows, then the input
  /// gradient by slices of 16 lanes.
  package func backwardByRows(
    input x: Activations, outputGradient dy: Activations, inputGradient dx: Activations?, gradient: inout Vector,
    accumulate: Bool, workers: Workers
  ) {
    check(input: x, outputGradient: dy, inputGradient: dx, gradient: gradient)
    let parallel = Kernels.worthSharing(count * x.samples)
    pattern.writeGradients(
      input: x, outputGradient: dy, into: &gradient, accumulate: accumulate, workers: workers)
    guard let dx else { return }
    Connections.lend(pattern.rowStarts, pattern.columnIndices) { connections in
      values.read { values in
        let job = InputGradientJob(
          kernels: Kernels.table, connections: connections, values: values, rows: Int64(rows), dy: dy, dx: dx)
        workers.run(dx.blocks * (dx.lanes / 16), job, parallel: parallel) { job, task in
          let slices = job.dx.lanes / 16
          job.compute(block: task / slices, firstLane: task % slices * 16)
        }
      }
    }
  }

  private func check(
    input x: Activations, outputGradient dy: Activations, inputGradient dx: Activations?, gradient: Vector
  ) {
    Kernels.checkLayer(outputs: rows, inputs: columns, input: x, output: dy)
    Kernels.checkSameSamples(x, dy)
    Kernels.checkCount(gradient, count, "weight gradient")
    if let dx {
      Kernels.checkTwins(x, dx)
      precondition(dx !== x && dx !== dy, "an input gradient in the place of the input or the output gradient")
      dx.resize(samples: x.samples)
    }
  }
}

private struct InputGradientJob {
  let kernels: UnsafePointer<espalier_kernels>
  let connections: Connections
  let values: UnsafePointer<Float>
  let rows: Int64
  let dy: Activations
  let dx: Activations

  /// 16 lanes of dx, zeroed and then summed over the rows.
  func compute(block: Int, firstLane: Int) {
    let target = dx.block(block)
    for feature in 0..<dx.features {
      (target + feature * dx.lanes + firstLane).update(repeating: 0, count: 16)
    }
    kernels.pointee.sparse_input_gradient(
      0, rows, connections.starts, connections.indices, values, dy.block(block), Int64(dx.lanes), Int64(firstLane),
      target)
  }
}

private struct WeightGradientJob {
  let kernels: UnsafePointer<espalier_kernels>
  let connections: Connections
  let gradient: UnsafeMutablePointer<Float>
  let x: Activations
  let dy: Activations
  let accumulate: Bool
  let tasks: RowTasks
}

extension SparsityPattern {
  /// dy xᵀ at the cells of this pattern: a task owns some rows and walks the blocks in order.
  package func writeGradients(
    input x: Activations, outputGradient dy: Activations, into gradient: inout Vector, accumulate: Bool,
    workers: Workers
  ) {
    Kernels.checkLayer(outputs: rows, inputs: columns, input: x, output: dy)
    Kernels.checkSameSamples(x, dy)
    Kernels.checkCount(gradient, count, "weight gradient")
    let tasks = RowTasks(rows: rows, connections: count)
    gradient.write { gradient in
      Connections.lend(rowStarts, columnIndices) { connections in
        let job = WeightGradientJob(
          kernels: Kernels.table, connections: connections, gradient: gradient, x: x, dy: dy, accumulate: accumulate,
          tasks: tasks)
        workers.run(
          tasks.chunks, job, parallel: Kernels.worthSharing(count * x.samples)
        ) { job, task in
          let (first, end) = job.tasks.rows(ofChunk: task)
          for block in 0..<job.x.blocks {
            job.kernels.pointee.sparse_weight_gradient(
              first, end, job.connections.starts, job.connections.indices, job.x.block(block), job.dy.block(block),
              Int64(job.x.lanes), job.gradient, job.accumulate || block > 0 ? 1 : 0)
          }
        }
      }
    }
  }
}
