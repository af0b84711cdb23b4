// SPDX-License-Identifier: Apache-2.0
// Espalier: W x + b over the connections that exist.

internal import CKernels

private struct ForwardJob {
  let kernel:
    @convention(c) (
      Int64, Int64, UnsafePointer<Int64>, UnsafePointer<UInt32>, UnsafePointer<Float>, UnsafePointer<Float>?,
      UnsafePointer<Float>, Int64, UnsafeMutablePointer<Float>
    ) -> Void
  let connections: Connections
  let values: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let x: Activations
  let y: Activations
  let tasks: RowTasks
}

/// Rows cut into chunks of about equal work, for each block: task = block * chunks + chunk.
struct RowTasks {
  let rows: Int
  let rowsPerTask: Int
  let chunks: Int

  init(rows: Int, connections: Int) {
    self.rows = rows
    rowsPerTask = Kernels.itemsPerTask(rows, work: connections)
    chunks = rows == 0 ? 0 : (rows + rowsPerTask - 1) / rowsPerTask
  }

  func rows(ofChunk chunk: Int) -> (Int64, Int64) {
    (Int64(chunk * rowsPerTask), Int64(min(rows, (chunk + 1) * rowsPerTask)))
  }
}

extension SparseMatrix {
  /// y = W x + b: `x` is [inputs, samples], `bias` [outputs], `y` [outputs, samples].
  ///
  /// `y` takes the samples of `x`.
  ///
  /// - Complexity: O(*connections* x *samples*).
  package func forward(
    _ x: Activations, bias: Vector?, into y: Activations, workers: Workers
  ) {
    Kernels.checkLayer(outputs: rows, inputs: columns, input: x, output: y)
    Kernels.checkRoom(for: x.samples, in: y)
    if let bias { Kernels.checkCount(bias, rows, "bias") }
    y.resize(samples: x.samples)
    let tasks = RowTasks(rows: rows, connections: count)
    Connections.lend(pattern.rowStarts, pattern.columnIndices) { connections in
      values.read { values in
        Vector.lend(bias) { bias in
          let job = ForwardJob(
            kernel: Kernels.table.pointee.sparse_forward, connections: connections, values: values, bias: bias, x: x,
            y: y, tasks: tasks)
          workers.run(
            x.blocks * tasks.chunks, job, parallel: Kernels.worthSharing(count * x.samples)
          ) { job, task in
            let block = task / job.tasks.chunks
            let (first, end) = job.tasks.rows(ofChunk: task % job.tasks.chunks)
            job.kernel(
              first, end, job.connections.starts, job.connections.indices, job.values, job.bias, job.x.block(block),
              Int64(job.x.lanes), job.y.block(block))
          }
        }
      }
    }
  }
}
