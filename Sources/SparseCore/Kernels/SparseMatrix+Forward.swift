// SPDX-License-Identifier: Apache-2.0
// Espalier: W x + b over the connections that exist.

internal import CKernels

/// Rows (or columns, or rows of tiles) cut into chunks of about equal work, for each block: task = block * chunks + chunk.
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

private struct ForwardJob<Form> {
  let kernels: UnsafePointer<espalier_kernels>
  let form: Form
  let values: UnsafePointer<Float>
  let isMapped: Bool
  let bias: UnsafePointer<Float>?
  let x: Activations
  let narrow: NarrowRows?
  let y: Activations
  let rectifies: Bool
  let tasks: RowTasks

  func input(_ block: Int) -> UnsafePointer<Float> { narrow?.block(block) ?? UnsafePointer(x.block(block)) }
}

extension SparseMatrix {
  /// y = W x + b: `x` is [inputs, samples], `bias` [outputs], `y` [outputs, samples].
  ///
  /// `y` takes the samples of `x`.
  ///
  /// - Parameters:
  ///   - narrow: the same samples as `x`, rounded, to gather from instead.
  ///   - rectifies: makes negative results 0 on the way out: a ReLU that costs no pass of its own.
  /// - Complexity: O(*connections* x *samples*).
  package func forward(
    _ x: Activations, narrow: NarrowRows? = nil, bias: Vector?, into y: Activations, rectifies: Bool = false,
    workers: Workers
  ) {
    Kernels.checkLayer(outputs: rows, inputs: columns, input: x, output: y)
    Kernels.checkRoom(for: x.samples, in: y)
    if let bias { Kernels.checkCount(bias, rows, "bias") }
    y.resize(samples: x.samples)
    let isParallel = Kernels.worthSharing(count * x.samples)
    if x.samples <= ActingOrder.mostSamples,
      act(x, bias: bias, into: y, rectifies: rectifies, parallel: isParallel, workers: workers)
    {
      return
    }
    readStored { stored, copy in
      Vector.lend(bias) { bias in
        switch order {
        case .tiled(let tiles):
          let job = ForwardJob(
            kernels: Kernels.table, form: tiles.kernelForm, values: copy ?? stored, isMapped: copy == nil, bias: bias,
            x: x, narrow: narrow, y: y, rectifies: rectifies, tasks: RowTasks(rows: tiles.tilesDown, connections: count)
          )
          workers.run(x.blocks * job.tasks.chunks, job, parallel: isParallel) { job, task in
            let block = task / job.tasks.chunks
            let (first, end) = job.tasks.rows(ofChunk: task % job.tasks.chunks)
            withUnsafePointer(to: job.form) { form in
              job.kernels.pointee.tiled_forward(
                form, first, end, job.values, job.isMapped ? 1 : 0, job.bias, job.input(block), Int64(job.x.lanes),
                job.narrow == nil ? 0 : 1, job.rectifies ? 1 : 0, job.y.block(block))
            }
          }
        case .grouped(let groups):
          let job = ForwardJob(
            kernels: Kernels.table, form: groups.kernelForm, values: stored, isMapped: true, bias: bias, x: x,
            narrow: narrow, y: y, rectifies: rectifies, tasks: RowTasks(rows: groups.tilesDown, connections: count))
          workers.run((x.blocks + 1) / 2 * job.tasks.chunks, job, parallel: isParallel) { job, task in
            // Two blocks at a time, as the kernel takes them.
            let block = 2 * (task / job.tasks.chunks)
            let (first, end) = job.tasks.rows(ofChunk: task % job.tasks.chunks)
            withUnsafePointer(to: job.form) { form in
              job.kernels.pointee.grouped_forward(
                form, first, end, job.values, job.bias, job.input(block), Int64(job.x.lanes),
                Int64(min(2, job.x.blocks - block)), job.narrow == nil ? 0 : 1, job.rectifies ? 1 : 0,
                job.y.block(block))
            }
          }
        case .listed(let lists):
          lists.withKernelForm(pattern) { form in
            let job = ForwardJob(
              kernels: Kernels.table, form: form, values: stored, isMapped: true, bias: bias, x: x, narrow: narrow,
              y: y,
              rectifies: rectifies, tasks: RowTasks(rows: rows, connections: count))
            workers.run(x.blocks * job.tasks.chunks, job, parallel: isParallel) { job, task in
              let block = task / job.tasks.chunks
              let (first, end) = job.tasks.rows(ofChunk: task % job.tasks.chunks)
              withUnsafePointer(to: job.form) { form in
                job.kernels.pointee.listed_forward(
                  form, first, end, job.values, job.bias, job.input(block), Int64(job.x.lanes),
                  job.narrow == nil ? 0 : 1,
                  Kernels.rowsAhead(job.x), job.rectifies ? 1 : 0, job.y.block(block))
              }
            }
          }
        }
      }
    }
  }
}

private struct ActingJob {
  let kernels: UnsafePointer<espalier_kernels>
  let form: espalier_acting
  let values: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let x: Activations
  let y: Activations
  let rectifies: Bool
  let tasks: RowTasks
}

extension SparseMatrix {
  /// The forward pass of a few samples by the weights made for it; false when there are none that are up to date, or no
  /// kernel for so many samples.
  private func act(
    _ x: Activations, bias: Vector?, into y: Activations, rectifies: Bool, parallel: Bool, workers: Workers
  ) -> Bool {
    let few = Kernels.table.pointee.acting_forward_few
    let done: Bool? = readActing { acting, values in
      guard x.lanes == 1 || x.lanes == ActingOrder.stripRows && acting.panel > 0 && few != nil else { return false }
      Vector.lend(bias) { bias in
        let job = ActingJob(
          kernels: Kernels.table, form: acting.kernelForm, values: values, bias: bias, x: x, y: y,
          rectifies: rectifies, tasks: RowTasks(rows: acting.strips, connections: acting.valueCount))
        workers.run(job.tasks.chunks, job, parallel: parallel) { job, task in
          let (first, end) = job.tasks.rows(ofChunk: task)
          withUnsafePointer(to: job.form) { form in
            if job.x.lanes == 1 {
              job.kernels.pointee.acting_forward(
                form, first, end, job.values, job.bias, job.x.block(0), job.rectifies ? 1 : 0, job.y.block(0))
            } else {
              job.kernels.pointee.acting_forward_few?(
                form, first, end, job.values, job.bias, job.x.block(0), Int64(job.x.samples), job.rectifies ? 1 : 0,
                job.y.block(0))
            }
          }
        }
      }
      return true
    }
    return done ?? false
  }
}

extension Kernels {
  /// How many connections ahead rows of these activations should be fetched: none while a block fits a core's caches.
  static func rowsAhead(_ activations: Activations) -> Int64 {
    activations.blockStride >= 400_000 ? 32 : 0
  }
}
