// SPDX-License-Identifier: Apache-2.0
// Espalier: counting digits.

internal import SparseCore

/// The digit of each of some numbers.
protocol SelectionDigits: Sendable {
  /// The bin of a number, below 0 for none.
  func digit(_ index: Int) -> Int
}

/// How many of `count` numbers have each digit.
struct Histogram {
  private let counts: [Int]

  /// Numbers a task, by the count alone, at most 64 tasks.
  static func chunk(of count: Int) -> Int { max(32_768, (count + 63) / 64 + 255 & ~255) }

  /// Counts.
  ///
  /// - Complexity: O(*count*) time; 4 bytes a bin and task.
  init<Digits: SelectionDigits>(bins: Int, of count: Int, digits: Digits, workers: Workers) {
    let chunk = Self.chunk(of: count)
    let tasks = max(1, (count + chunk - 1) / chunk)
    var parts = [UInt32](repeating: 0, count: bins * tasks)
    parts.withUnsafeMutableBufferPointer { parts in
      guard let parts = parts.baseAddress else { return }
      let job = CountingJob(digits: digits, bins: bins, count: count, chunk: chunk, parts: parts)
      workers.run(tasks, job, parallel: count > 16_384) { job, task in job.run(task) }
    }
    var counts = [Int](repeating: 0, count: bins)
    for task in 0..<tasks {
      for bin in 0..<bins { counts[bin] += Int(parts[task * bins + bin]) }
    }
    self.counts = counts
  }

  /// How many numbers have one of these digits.
  func total(_ digits: Range<Int>) -> Int { digits.reduce(0) { $0 + counts[$1] } }

  /// The digit, counted from bin `first` on, of the number with this rank from 1 on; the rank becomes that among the
  /// numbers of the digit.
  func digit(of rank: inout Int, from first: Int) -> UInt32 {
    var bin = first
    while counts[bin] < rank {
      rank -= counts[bin]
      bin += 1
    }
    return UInt32(bin - first)
  }
}

/// Counts a stretch of numbers.
///
/// Safety: task *t* writes the `bins` counters from *t* x `bins` on and nothing else.
private struct CountingJob<Digits: SelectionDigits> {
  let digits: Digits
  let bins: Int
  let count: Int
  let chunk: Int
  let parts: UnsafeMutablePointer<UInt32>

  func run(_ task: Int) {
    let part = parts + task * bins
    for index in task * chunk..<min(count, (task + 1) * chunk) {
      let digit = digits.digit(index)
      if digit >= 0 { part[digit] &+= 1 }
    }
  }
}
