// SPDX-License-Identifier: Apache-2.0
// Espalier: the gradient of any pattern, whether its connections exist or not.

internal import CKernels

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
  /// dy xᵀ at the cells of this pattern, in its order: a task owns some rows and walks the blocks in order.
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
