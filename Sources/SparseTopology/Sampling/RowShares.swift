// SPDX-License-Identifier: Apache-2.0
// Espalier: how many of a layer's random cells lie in each row.

internal import SparseCore

/// Shares out draws over rows as drawing free cells one by one, without putting them back, would.
///
/// Each draw takes a row and one of `width` places, both uniformly. It counts with probability *room* / *width*, where
/// *room* is what the row has left, and takes one of it; so each that counts goes to a row in proportion to its room, and
/// the shares follow the multivariate hypergeometric distribution exactly, in whole numbers.
///
/// Draws go in rounds of as many as are still missing, so that no round brings too many: first the blocks of rows that
/// they go to, then, block by block, the rows. Tasks and blocks follow from the shape and have streams of their own:
/// the shares do not depend on the number of threads.
struct RowShares {
  let rows: Int
  /// The most cells of a row.
  let width: Int
  let key: UInt64
  let workers: Workers

  /// Rows a block, a power of two: at most 256 blocks, none under 1024 rows.
  private var shift: Int {
    var shift = 10
    while (rows - 1) >> shift >= 256 { shift += 1 }
    return shift
  }

  /// Draws a task.
  private static let chunk = 1 << 18

  /// Takes `total` from the rows' room.
  ///
  /// - Parameter room: free cells of each row, at most `width` each; what is left of them afterwards.
  /// - Complexity: O(*rows* + *total* x cells / free cells) expected time; 4 KiB a task.
  ///
  /// Safety: `room` must be valid for `rows` numbers; a block's numbers are written by one task at a time.
  func take(_ total: Int, from room: UnsafeMutablePointer<UInt32>) {
    guard total > 0 else { return }
    let shift = shift
    let blocks = (rows - 1) >> shift + 1
    var missing = total
    var round = 0
    var shares = [Int](repeating: 0, count: blocks)
    while missing > 0 {
      if blocks == 1 {
        shares[0] = missing
      } else {
        shareOut(missing, round: round, into: &shares)
      }
      shares.withUnsafeMutableBufferPointer { shares in
        guard let shares = shares.baseAddress else { return }
        let job = BlockJob(shares: self, room: room, counts: shares, shift: shift, first: round * blocks)
        workers.run(blocks, job, parallel: missing > 2048) { job, block in job.run(block) }
      }
      for block in 0..<blocks { missing -= shares[block] }
      round += 1
    }
  }

  /// Draws the blocks of `count` draws.
  private func shareOut(_ count: Int, round: Int, into shares: inout [Int]) {
    let tasks = (count - 1) / Self.chunk + 1
    let blocks = shares.count
    var counts = [UInt32](repeating: 0, count: tasks * blocks)
    counts.withUnsafeMutableBufferPointer { counts in
      guard let counts = counts.baseAddress else { return }
      let job = ChoiceJob(
        key: key, counts: counts, blocks: blocks, draws: count, chunk: Self.chunk, first: round << 32)
      workers.run(tasks, job, parallel: count > 4096) { job, task in job.run(task) }
      for block in 0..<blocks { shares[block] = 0 }
      for index in 0..<tasks * blocks { shares[index % blocks] += Int(counts[index]) }
    }
  }
}

/// Draws blocks, two of a word, and counts them.
///
/// Safety: task *t* writes the `blocks` counters from *t* x `blocks` on and nothing else.
private struct ChoiceJob {
  let key: UInt64
  let counts: UnsafeMutablePointer<UInt32>
  let blocks: Int
  let draws: Int
  let chunk: Int
  let first: Int

  func run(_ task: Int) {
    let counts = counts + task * blocks
    let bound = UInt32(blocks)
    // Of the 65,536 halves of a word those below this would favour some blocks: they are drawn again.
    let threshold = 65_536 % bound
    RowStream.lend(key: key, purpose: .blocks) { stream in
      stream.begin(first + task)
      var left = min(chunk, draws - task * chunk)
      while left > 0 {
        let word = stream.word()
        let low = (word & 0xffff) &* bound
        if low & 0xffff >= threshold {
          counts[Int(low &>> 16)] &+= 1
          left &-= 1
        }
        let high = (word &>> 16) &* bound
        if high & 0xffff >= threshold && left > 0 {
          counts[Int(high &>> 16)] &+= 1
          left &-= 1
        }
      }
    }
  }
}

/// Takes a block's draws to its rows; leaves how many found room.
///
/// The last block may have fewer rows than the others: a draw of a row beyond finds no room.
///
/// Safety: a block writes its own counter and the room of its own rows.
private struct BlockJob {
  let shares: RowShares
  let room: UnsafeMutablePointer<UInt32>
  let counts: UnsafeMutablePointer<Int>
  let shift: Int
  let first: Int

  func run(_ block: Int) {
    guard counts[block] > 0 else { return }
    let firstRow = block << shift
    let rows = min(shares.rows - firstRow, 1 << shift)
    let mask = 1 << shift - 1
    let cells = shares.width << shift
    let width = UInt32(shares.width)
    let room = room + firstRow
    var taken = 0
    RowStream.lend(key: shares.key, purpose: .rows) { stream in
      stream.begin(first + block)
      for _ in 0..<counts[block] {
        var row: Int
        var place: UInt32
        if cells <= Int(UInt32.max) {
          let cell = stream.below(UInt32(truncatingIfNeeded: cells))
          row = Int(cell) & mask
          place = cell &>> UInt32(truncatingIfNeeded: shift)
        } else {
          row = Int(stream.word()) & mask
          place = stream.below(width)
        }
        if row < rows && place < room[row] {
          room[row] &-= 1
          taken &+= 1
        }
      }
    }
    counts[block] = taken
  }
}
