// SPDX-License-Identifier: Apache-2.0
// Espalier: features from one place to another.

internal import SparseCore

extension Activations {
  /// Copies features `range` of `source` to the features from `start` on, for the same samples.
  func write(_ source: Activations, features range: Range<Int>, at start: Int) {
    precondition(source.lanes == lanes && source.samples == samples, "samples in blocks of two widths")
    let lanes = lanes
    for block in 0..<blocks {
      source.withBlock(block) { source in
        withMutableBlock(block) { target in
          let (from, to) = (range.lowerBound * lanes, start * lanes)
          for index in 0..<range.count * lanes { target[to + index] = source[from + index] }
        }
      }
    }
  }

  /// Shows each sample's block, its lane, and how many lanes there are.
  func forEachSample(_ visit: (_ sample: Int, _ block: Int, _ lane: Int) -> Void) {
    for sample in 0..<samples { visit(sample, sample / lanes, sample % lanes) }
  }
}
