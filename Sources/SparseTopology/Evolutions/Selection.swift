// SPDX-License-Identifier: Apache-2.0
// Espalier: listing what lies below a limit.

internal import SparseCore

/// Numbered keys, each with the limit that it is held against: below it is chosen, above it is left.
///
/// Numbers whose keys equal their limits belong to one of two groups, 0 and 1; some of each group are chosen.
protocol SelectionCut: Sendable {
  /// A number's key, limit and group.
  func compare(_ index: Int) -> (key: UInt32, limit: UInt32, group: UInt32)
}

/// Lists chosen numbers.
enum Selection {
  /// The chosen numbers and, of those of a group that equal their limit, as many as `ties` says; rising.
  ///
  /// Stretches are counted side by side, their ties are dealt out in order, then each writes its own part.
  ///
  /// - Parameter total: how many that are.
  /// - Complexity: O(*count*) time in two passes; 8 bytes a number chosen.
  static func positions<Cut: SelectionCut>(
    _ total: Int, of count: Int, cut: Cut, ties: (Int, Int), workers: Workers
  ) -> [Int] {
    guard total > 0 else { return [] }
    let chunk = Histogram.chunk(of: count)
    let tasks = (count + chunk - 1) / chunk
    var parts = [SelectionPart](repeating: SelectionPart(), count: tasks)
    return [Int](unsafeUninitializedCapacity: total) { positions, written in
      guard let start = positions.baseAddress else { return }
      parts.withUnsafeMutableBufferPointer { parts in
        guard let parts = parts.baseAddress else { return }
        let job = SelectionJob(cut: cut, count: count, chunk: chunk, parts: parts, positions: start)
        workers.run(tasks, job, parallel: count > 16_384) { job, task in job.count(task) }
        var ties = ties
        for task in 0..<tasks { parts[task].deal(&ties, &written) }
        precondition(written == total, "\(written) numbers chosen, \(total) expected")
        workers.run(tasks, job, parallel: count > 16_384) { job, task in job.write(task) }
      }
    }
  }
}

/// What a stretch of numbers brings to a selection.
private struct SelectionPart {
  /// Numbers below their limits.
  var below = 0
  /// Numbers that equal their limits, by group: first all, then those that are taken.
  var ties = (0, 0)
  /// Where the stretch's numbers begin in the result.
  var start = 0

  /// Takes as many ties as are left, and its place.
  mutating func deal(_ left: inout (Int, Int), _ next: inout Int) {
    ties = (min(ties.0, left.0), min(ties.1, left.1))
    left = (left.0 - ties.0, left.1 - ties.1)
    start = next
    next += below + ties.0 + ties.1
  }
}

/// Counts and then lists the chosen numbers of a stretch.
///
/// Safety: task *t* writes part *t* and, in the second pass, as many positions as it has counted, from its start on.
private struct SelectionJob<Cut: SelectionCut> {
  let cut: Cut
  let count: Int
  let chunk: Int
  let parts: UnsafeMutablePointer<SelectionPart>
  let positions: UnsafeMutablePointer<Int>

  /// A chunk is far below 2³² numbers long.
  func count(_ task: Int) {
    var below: UInt32 = 0
    var equal: UInt32 = 0
    var second: UInt32 = 0
    var index = task * chunk
    let end = min(count, index + chunk)
    while index < end {
      let (key, limit, group) = cut.compare(index)
      below &+= key < limit ? 1 : 0
      equal &+= key == limit ? 1 : 0
      second &+= key == limit ? group : 0
      index &+= 1
    }
    parts[task].below = Int(below)
    parts[task].ties = (Int(equal &- second), Int(second))
  }

  /// Lists 64 numbers at a time: their comparisons become bits, by arithmetic that no branch predictor can get wrong.
  func write(_ task: Int) {
    var ties = parts[task].ties
    var next = positions + parts[task].start
    let end = min(count, (task + 1) * chunk)
    var first = task * chunk
    while first < end {
      let length = min(64, end &- first)
      var below: UInt64 = 0
      var equal: UInt64 = 0
      var index = 0
      while index < length {
        let (key, limit, _) = cut.compare(first &+ index)
        // The top bits of differences in 64 bits tell whether key < limit and whether key == limit.
        below = below &>> 1 | (UInt64(key) &- UInt64(limit)) & (1 &<< 63)
        equal = equal &>> 1 | (UInt64(key ^ limit) &- 1) & (1 &<< 63)
        index &+= 1
      }
      let unused = UInt64(truncatingIfNeeded: 64 &- length)
      below &>>= unused
      equal &>>= unused
      while equal != 0 {
        let (_, _, group) = cut.compare(first &+ equal.trailingZeroBitCount)
        below |= UInt64(Self.takes(group, &ties)) &<< UInt64(equal.trailingZeroBitCount)
        equal &= equal &- 1
      }
      while below != 0 {
        next.initialize(to: first &+ below.trailingZeroBitCount)
        next += 1
        below &= below &- 1
      }
      first &+= 64
    }
  }

  /// 1 when a tie of the group is left to take.
  private static func takes(_ group: UInt32, _ ties: inout (Int, Int)) -> Int {
    if group == 0 {
      guard ties.0 > 0 else { return 0 }
      ties.0 -= 1
    } else {
      guard ties.1 > 0 else { return 0 }
      ties.1 -= 1
    }
    return 1
  }
}
