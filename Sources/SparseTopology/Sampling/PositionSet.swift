// SPDX-License-Identifier: Apache-2.0
// Espalier: positions as bits.

internal import SparseCore

/// Some positions of a pattern, one bit each: to ask for any of them without a branch.
struct PositionSet: Sendable {
  private let words: [UInt64]

  /// Marks rising positions below `count`.
  ///
  /// - Complexity: O(*count* / 64 + positions); a bit for each of `count`.
  init(_ positions: [Int], below count: Int, workers: Workers) {
    let length = count / 64 + 1
    var words = [UInt64](repeating: 0, count: length)
    positions.withUnsafeBufferPointer { positions in
      words.withUnsafeMutableBufferPointer { words in
        guard let words = words.baseAddress else { return }
        let job = MarkingJob(positions: positions, words: words, length: length)
        let tasks = (length - 1) / MarkingJob.chunk + 1
        workers.run(tasks, job, parallel: positions.count > 16_384) { job, task in job.run(task) }
      }
    }
    self.words = words
  }

  /// Lends the bits.
  func read(_ body: (Bits) -> Void) {
    words.withUnsafeBufferPointer { words in
      if let words = words.baseAddress { body(Bits(words: words)) }
    }
  }

  /// The bits of a set.
  ///
  /// Safety: valid inside ``PositionSet/read(_:)`` only, for positions below the set's count.
  struct Bits {
    fileprivate let words: UnsafePointer<UInt64>

    /// 1 when a position is in the set, else 0.
    @inline(__always)
    subscript(position: Int) -> Int {
      Int(truncatingIfNeeded: words[position &>> 6] &>> UInt64(truncatingIfNeeded: position & 63) & 1)
    }

    /// How many positions of a range are in the set.
    @inline(__always)
    func count(_ range: Range<Int>) -> Int {
      guard !range.isEmpty else { return 0 }
      let first = range.lowerBound &>> 6
      let last = (range.upperBound &- 1) &>> 6
      let head = UInt64.max &<< UInt64(truncatingIfNeeded: range.lowerBound & 63)
      let tail = UInt64.max &>> UInt64(truncatingIfNeeded: 63 &- (range.upperBound &- 1) & 63)
      if first == last { return (words[first] & head & tail).nonzeroBitCount }
      var count = (words[first] & head).nonzeroBitCount &+ (words[last] & tail).nonzeroBitCount
      var word = first &+ 1
      while word < last {
        count &+= words[word].nonzeroBitCount
        word &+= 1
      }
      return count
    }
  }
}

/// Marks the positions of a stretch of words.
///
/// Safety: task *t* writes the `chunk` words from *t* x `chunk` on and nothing else.
private struct MarkingJob {
  let positions: UnsafeBufferPointer<Int>
  let words: UnsafeMutablePointer<UInt64>
  let length: Int

  static let chunk = 1024

  func run(_ task: Int) {
    let first = task * Self.chunk * 64
    let end = min(length, (task + 1) * Self.chunk) * 64
    var index = lowerBound(0..<positions.count) { positions[$0] < first }
    while index < positions.count && positions[index] < end {
      let position = positions[index]
      words[position &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: position & 63)
      index &+= 1
    }
  }
}
