// SPDX-License-Identifier: Apache-2.0
// Espalier: different numbers for one row.

/// Draws different numbers in rising order, every subset equally likely; keeps its scratch memory between rows.
///
/// Few numbers are sorted as they come. Many in a small range are marked in a bit map, and when more than half of the
/// range is asked for, those that are left out are marked. Many in a large range are drawn, sorted, and those that
/// came twice drawn again.
struct DistinctColumns {
  /// Two bits a number, all 0 between draws.
  private var marks: [UInt64] = []

  /// The most numbers that are sorted as they come.
  private static let few: UInt32 = 16
  /// The bit map's words, at most, for each number that is drawn.
  private static let wordsEach: UInt32 = 8

  /// Writes `count` different numbers of `0 ..< bound` in rising order.
  ///
  /// Safety: `target` must be valid for `count` numbers.
  ///
  /// - Complexity: O(*count* log *count*) expected time; *bound* / 4 bytes at most.
  mutating func draw(
    _ count: UInt32, below bound: UInt32, _ stream: inout RowStream, into target: UnsafeMutablePointer<UInt32>
  ) {
    if count == bound {
      for index in 0..<Int(count) { target[index] = UInt32(index) }
    } else if count <= Self.few && count <= bound / 2 {
      Self.insert(count, below: bound, &stream, into: target)
    } else if count > bound / 2 || bound / 64 <= count &* Self.wordsEach {
      mark(count, below: bound, &stream, into: target)
    } else {
      Self.sort(count, below: bound, &stream, into: target)
    }
  }

  @inline(__always)
  private static func insert(
    _ count: UInt32, below bound: UInt32, _ stream: inout RowStream, into target: UnsafeMutablePointer<UInt32>
  ) {
    let count = Int(count)
    var drawn = 0
    while drawn < count {
      let number = stream.below(bound)
      var place = drawn
      while place > 0 && target[place - 1] > number { place -= 1 }
      if place > 0 && target[place - 1] == number { continue }
      var index = drawn
      while index > place {
        target[index] = target[index - 1]
        index -= 1
      }
      target[place] = number
      drawn += 1
    }
  }

  private mutating func mark(
    _ count: UInt32, below bound: UInt32, _ stream: inout RowStream, into target: UnsafeMutablePointer<UInt32>
  ) {
    let inverted = count > bound / 2
    let words = Int(bound / 64) + 1
    withMarks(words) { marks, _ in
      Self.draw(inverted ? bound - count : count, below: bound, &stream, marking: marks, marks)
      if inverted {
        for word in 0..<words { marks[word] = ~marks[word] }
        marks[words - 1] &= 1 &<< UInt64(bound & 63) &- 1
      }
      Self.list(marks, words, Int(count), from: 0, into: target)
    }
  }

  /// Whether ``drawUnmarked(_:below:from:_:into:marking:)`` is the better way: enough numbers for a bit map, and more than
  /// half of them free.
  static func favoursMarks(_ count: Int, of width: Int, free: Int) -> Bool {
    count > Int(few) && width / 64 <= count * Int(wordsEach) && free - count > width / 2
  }

  /// Writes `count` different numbers of `0 ..< bound` that are not marked, plus `first`, in rising order.
  ///
  /// Draws until enough are found: at least half of the numbers are free.
  ///
  /// - Parameter marking: marks the numbers that are taken, in a bit map that is all 0.
  mutating func drawUnmarked(
    _ count: Int, below bound: Int, from first: Int, _ stream: inout RowStream,
    into target: UnsafeMutablePointer<UInt32>, marking: (UnsafeMutablePointer<UInt64>) -> Void
  ) {
    let words = bound / 64 + 1
    withMarks(words) { taken, fresh in
      marking(taken)
      Self.draw(
        UInt32(truncatingIfNeeded: count), below: UInt32(truncatingIfNeeded: bound), &stream, marking: taken, fresh)
      taken.update(repeating: 0, count: words)
      Self.list(fresh, words, count, from: first, into: target)
    }
  }

  /// Lends two bit maps that are all 0, and takes them back so.
  private mutating func withMarks(
    _ words: Int, _ body: (UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UInt64>) -> Void
  ) {
    if marks.count < 2 * words { marks = [UInt64](repeating: 0, count: 2 * words) }
    marks.withUnsafeMutableBufferPointer { marks in
      if let marks = marks.baseAddress { body(marks, marks + words) }
    }
  }

  /// Draws until `missing` numbers are found that `taken` does not hold; marks them there and in `fresh`.
  @inline(__always)
  private static func draw(
    _ missing: UInt32, below bound: UInt32, _ stream: inout RowStream, marking taken: UnsafeMutablePointer<UInt64>,
    _ fresh: UnsafeMutablePointer<UInt64>
  ) {
    var missing = missing
    while missing > 0 {
      let number = stream.below(bound)
      let place = Int(number &>> 6)
      let bit = UInt64(number) & 63
      let isFree = ~taken[place] &>> bit & 1
      missing &-= UInt32(truncatingIfNeeded: isFree)
      taken[place] |= isFree &<< bit
      fresh[place] |= isFree &<< bit
    }
  }

  /// Lists and clears the marks, `count` of them: two a word without a branch, since most words hold few.
  @inline(__always)
  private static func list(
    _ marks: UnsafeMutablePointer<UInt64>, _ words: Int, _ count: Int, from first: Int,
    into target: UnsafeMutablePointer<UInt32>
  ) {
    var written = 0
    var word = 0
    while word < words {
      var bits = marks[word]
      marks[word] = 0
      let base = first &+ word &<< 6
      if written &+ 2 <= count {
        let rest = bits & (bits &- 1)
        target[written] = UInt32(truncatingIfNeeded: base &+ bits.trailingZeroBitCount)
        written &+= bits == 0 ? 0 : 1
        target[written] = UInt32(truncatingIfNeeded: base &+ rest.trailingZeroBitCount)
        written &+= rest == 0 ? 0 : 1
        bits = rest & (rest &- 1)
      }
      while bits != 0 {
        target[written] = UInt32(truncatingIfNeeded: base &+ bits.trailingZeroBitCount)
        written &+= 1
        bits &= bits &- 1
      }
      word &+= 1
    }
  }

  private static func sort(
    _ count: UInt32, below bound: UInt32, _ stream: inout RowStream, into target: UnsafeMutablePointer<UInt32>
  ) {
    var numbers = UnsafeMutableBufferPointer(start: target, count: Int(count))
    var kept = 0
    while kept < numbers.count {
      for index in kept..<numbers.count { numbers[index] = stream.below(bound) }
      numbers.sort()
      kept = 1
      for index in 1..<numbers.count where numbers[index] != numbers[kept - 1] {
        numbers[kept] = numbers[index]
        kept += 1
      }
    }
  }
}
