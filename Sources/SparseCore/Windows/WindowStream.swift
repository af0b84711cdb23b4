// SPDX-License-Identifier: Apache-2.0
// Espalier: connections that come from a file and go back to it.

/// Goes through a windowed layer group by group; what lies in files is read ahead and written back on the way, so that
/// two groups at most are in memory.
struct WindowStream {
  let ranges: WindowRanges
  #if !hasFeature(Embedded)
    let offsets: StorageFile?
    let values: StorageFile?
  #endif

  init(_ ranges: WindowRanges, offsets: AlignedStorage, values: AlignedStorage) {
    self.ranges = ranges
    #if !hasFeature(Embedded)
      self.offsets = offsets.file
      self.values = values.file
    #endif
  }

  /// Calls `body` with the ranges of each group in turn.
  ///
  /// - Parameter writing: whether the values change.
  func forEachGroup(writing: Bool, _ body: (Range<Int>) -> Void) {
    willNeed(0)
    for group in 0..<ranges.groups {
      willNeed(group + 1)
      body(ranges.group(group))
      release(group, isChanged: writing)
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

  private func release(_ group: Int, isChanged: Bool) {
    #if !hasFeature(Embedded)
      let part = ranges.connections(ofGroup: group)
      offsets?.release((part.lowerBound * 2)..<(part.upperBound * 2), isChanged: false)
      values?.release((part.lowerBound * 4)..<(part.upperBound * 4), isChanged: isChanged)
    #endif
  }
}
