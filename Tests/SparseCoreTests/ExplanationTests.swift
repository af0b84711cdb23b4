// SPDX-License-Identifier: Apache-2.0
// Espalier: what a layer tells of its passes.

import Testing

@testable import SparseCore

@Suite struct ExplanationTests {
  @Test("the explanation tells the rules of the passes: thresholds, lanes, halves")
  func rules() {
    for (features, samples) in [(6249, 64), (6250, 64), (12_500, 32), (12_499, 32), (1, 1)] {
      let x = Activations(features: features, capacity: samples)
      #expect(Kernels.rowsAhead(x) == Int64(Kernels.rowsAhead(stride: x.blockStride)))
    }
    #expect(Kernels.worthSharing(KernelExplanation.leastSharedWork))
    #expect(!Kernels.worthSharing(KernelExplanation.leastSharedWork - 1))
    let tiled = SparseMatrix.striped(600, 500, every: 4)
    for samples in [1, 16, 33, 64, 65, 200] {
      let told = tiled.explanation(samples: samples, threads: 2)
      let x = Activations(features: 1, capacity: samples)
      #expect(told.lanes == x.lanes && told.blocks == x.blocks && told.forward.parts == x.blocks)
      #expect(told.backward.parts == (samples > 64 ? 2 : 1))
      #expect(told.canStepBackward == SparseMatrix.canStepBackward(capacity: samples))
      #expect(told.forward.work == tiled.count * samples && told.backward.work == 2 * tiled.count * samples)
      #expect(told.forward.isShared == (tiled.count * samples >= 200_000))
      #expect(told.bytes == tiled.bytes && told.layout == tiled.layout && told.kernels == Kernels.name)
    }
    #expect(!tiled.explanation(samples: 64, threads: 1).forward.isShared)
    let listed = SparseMatrix.striped(20_000, 20_000, every: 10_000)
    let told = listed.explanation(samples: 64, threads: 2)
    #expect(told.forward.unit == "rows" && told.forward.units == 20_000 && told.forward.fetchDistance == 32)
    #expect(told.backward.parts == 1)
    #expect(told.reason == "a row of the widest tile (4096) would hold 0.4 connections, under 6.0")
    #expect(told.layout == "lists, 32-bit")
  }
}
