// SPDX-License-Identifier: Apache-2.0
// Espalier: which samples come when.

internal import SparseCore

/// The order of the samples in an epoch, cut into batches.
///
/// An epoch's order depends on the seed and the epoch's number only: a run that is resumed at any epoch sees the same
/// batches. `reset(epoch:)` shuffles in place and allocates nothing.
///
///     var order = BatchOrder(count: train.count, batchSize: 128, seed: 1)
///     order.reset(epoch: 0)
///     for batch in 0..<order.batchCount {
///       for position in order.range(ofBatch: batch) { use(order.indices[position]) }
///     }
public struct BatchOrder: Sendable, Equatable {
  /// The samples in this epoch's order.
  public private(set) var indices: [Int]
  /// Samples a batch; the last batch of an epoch may be smaller.
  public let batchSize: Int
  /// The epoch that `indices` belongs to, nil before the first ``reset(epoch:)``: then they rise.
  public private(set) var epoch: Int?
  private let random: Random

  /// Makes the order of `count` samples.
  public init(count: Int, batchSize: Int, seed: UInt64) {
    precondition(count >= 0 && batchSize > 0, "batches of \(batchSize) from \(count) samples")
    indices = Array(0..<count)
    self.batchSize = batchSize
    random = Random(seed: seed).split("order")
  }

  /// Batches an epoch.
  public var batchCount: Int { (indices.count + batchSize - 1) / batchSize }

  /// The positions of a batch in `indices`.
  public func range(ofBatch batch: Int) -> Range<Int> {
    precondition(batch >= 0 && batch < batchCount, "batch \(batch) of \(batchCount)")
    return batch * batchSize..<min((batch + 1) * batchSize, indices.count)
  }

  /// Shuffles for an epoch.
  ///
  /// - Complexity: O(*count*) time, no allocation.
  public mutating func reset(epoch: Int) {
    for position in indices.indices { indices[position] = position }
    var stream = random.split(epoch)
    stream.shuffle(&indices)
    self.epoch = epoch
  }
}
