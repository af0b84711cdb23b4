// SPDX-License-Identifier: Apache-2.0
// Espalier: connections that come from a file and go back to it.

/// Goes through a windowed layer group by group; what lies in files is read ahead and written back on the way, so that
/// two groups at most are in memory.
struct WindowStream {
  let ranges: WindowRanges
  #if !hasFeature(Embedded)
    let offsets: StoragePart?
    let values: StoragePart?
  #endif

  init(_ ranges: WindowRanges, offsets: AlignedStorage, values: AlignedStorage) {
    self.ranges = ranges
    #if !hasFeature(Embedded)
      self.offsets = offsets.part
      self.values = values.part
    #endif
  }

  /// What changes when a stream goes by.
  enum Change {
    case nothing
    case values
    case everything
  }

  /// Calls `body` with the ranges of each group in turn.
  ///
  /// - Parameter changing: what changes on the way.
  func forEachGroup(changing change: Change, _ body: (Range<Int>) -> Void) {
    if change != .everything { willNeed(0) }
    for group in 0..<ranges.groups {
      if change != .everything { willNeed(group + 1) }
      body(ranges.group(group))
      release(group, change)
    }
  }

  private func willNeed(_ group: Int) {
    #if !hasFeature(Embedded)
      guard group < ranges.groups else { return }
      let part = ranges.connections(ofGroup: group)
      offsets?.willNeed((part.lowerBound * 2)..<(part.upperBound * 2))
      values?.willNeed((part.lowerBound * 4)..<(part.upperBound * 4))
    #endif
  }

  private func release(_ group: Int, _ change: Change) {
    #if !hasFeature(Embedded)
      let part = ranges.connections(ofGroup: group)
      offsets?.release((part.lowerBound * 2)..<(part.upperBound * 2), isChanged: change == .everything)
      values?.release((part.lowerBound * 4)..<(part.upperBound * 4), isChanged: change != .nothing)
    #endif
  }
}
