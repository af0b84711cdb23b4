// SPDX-License-Identifier: Apache-2.0
// Espalier: activations at half the width.

internal import CKernels

/// Activations rounded to bfloat16 for the gathers of a sparse layer: half the bytes a stored connection has to fetch.
///
/// Values keep the range of single precision and 8 significant bits. Weights, sums and everything else stay in single
/// precision. The words are in an order of the kernels' own.
package final class NarrowRows: @unchecked Sendable {
  private let words: IndexBuffer<UInt32>
  private let features: Int
  private let lanes: Int

  /// Whether blocks of these activations can be narrow: those of at least two vectors.
  package static func fits(_ activations: Activations) -> Bool { fits(lanes: activations.lanes) }

  /// Whether blocks of so many lanes can be narrow.
  package static func fits(lanes: Int) -> Bool { lanes >= 2 * Int(Kernels.table.pointee.vector_lanes) }

  /// Makes room for the samples that the activations have room for.
  package init(like activations: Activations) {
    precondition(Self.fits(activations), "blocks of \(activations.lanes) lanes are one vector and cannot be narrow")
    features = activations.features
    lanes = activations.lanes
    let blocks = (activations.capacity + lanes - 1) / lanes
    words = IndexBuffer(count: blocks * features * lanes / 2)
  }

  private struct Job {
    let kernels: UnsafePointer<espalier_kernels>
    let x: Activations
    let target: NarrowRows
    let tasks: RowTasks
  }

  /// Rounds the samples of `x`.
  package func take(_ x: Activations, workers: Workers) {
    precondition(
      x.features == features && x.lanes == lanes,
      "\(x.features) features by \(x.lanes) lanes in room for \(features) by \(lanes)")
    let job = Job(
      kernels: Kernels.table, x: x, target: self, tasks: RowTasks(rows: features, connections: features * lanes / 4))
    workers.run(
      x.blocks * job.tasks.chunks, job, parallel: Kernels.worthSharing(x.blocks * features * lanes / 4)
    ) { job, task in
      let block = task / job.tasks.chunks
      let (first, end) = job.tasks.rows(ofChunk: task % job.tasks.chunks)
      let (start, lanes) = (Int(first) * job.x.lanes, job.x.lanes)
      job.kernels.pointee.narrow_rows(
        end - first, Int64(lanes), job.x.block(block) + start,
        job.target.words.base + (block * job.x.blockStride + start) / 2)
    }
  }

  /// A block's words, as the kernels take them.
  func block(_ index: Int) -> UnsafePointer<Float> {
    UnsafePointer(OpaquePointer(words.base + index * features * lanes / 2))
  }
}
