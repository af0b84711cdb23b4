// SPDX-License-Identifier: Apache-2.0
// Espalier: how the work of a windowed layer is cut.

/// Neurons cut into ranges; for passes that scatter an input gradient, into ranges at least two windows long, so that the
/// windows of every other range do not meet.
///
/// Then the even ranges of a group can scatter at the same time, and after them the odd ones; where windows are so wide
/// that there would be fewer than four ranges, they scatter one after another. The order of the sums follows from the
/// shape, whatever the threads. A group is what is worked on together, about 8 million connections:
/// layers in files are read ahead and written back a group at a time. All layers go by groups, for the same order.
package struct WindowRanges: Sendable {
  package let shape: WindowShape
  /// Neurons in a range; the last may have fewer.
  package let length: Int
  /// Ranges in a group, an even number; the last may have fewer.
  package let groupLength: Int
  /// Whether ranges must be worked on one after another.
  package let isSerial: Bool

  /// Cuts a layer.
  ///
  /// - Parameters:
  ///   - scatters: whether the ranges add to the gradients of their inputs.
  ///   - connectionsPerGroup: about how many connections a group has.
  package init(_ shape: WindowShape, scatters: Bool, connectionsPerGroup: Int = 1 << 23) {
    self.shape = shape
    let work = 16_384 / shape.fanIn
    let twoWindows = (2 * shape.window * shape.rows + shape.columns - 1) / shape.columns
    isSerial = scatters && shape.rows > work && 3 * max(twoWindows, work) >= shape.rows
    length = min(shape.rows, scatters && !isSerial ? max(twoWindows, work) : work)
    groupLength = max(2, connectionsPerGroup / (length * shape.fanIn) & ~1)
  }

  /// The number of ranges.
  package var count: Int { (shape.rows + length - 1) / length }

  /// The number of groups.
  package var groups: Int { (count + groupLength - 1) / groupLength }

  /// The neurons of a range.
  package func rows(_ range: Int) -> Range<Int> {
    (range * length)..<min(shape.rows, (range + 1) * length)
  }

  /// All inputs that the windows of a range cover.
  package func inputs(_ range: Int) -> Range<Int> {
    let rows = rows(range)
    return shape.windowStart(ofRow: rows.lowerBound)..<(shape.windowStart(ofRow: rows.upperBound - 1) + shape.window)
  }

  /// The ranges of a group; the first has an even number.
  package func group(_ index: Int) -> Range<Int> {
    (index * groupLength)..<min(count, (index + 1) * groupLength)
  }

  /// The connections of a group's neurons.
  package func connections(ofGroup index: Int) -> Range<Int> {
    let ranges = group(index)
    return (rows(ranges.lowerBound).lowerBound * shape.fanIn)..<(rows(ranges.upperBound - 1).upperBound * shape.fanIn)
  }
}
