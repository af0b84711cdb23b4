// SPDX-License-Identifier: Apache-2.0
// Espalier: sets of a pattern's nodes of any size.

/// A set of positions 0 ..< *n*, a bit each.
struct NodeSet: Hashable, Sendable {
  private(set) var words: [UInt64]

  /// The empty set of `count` possible positions.
  init(upTo count: Int) { words = [UInt64](repeating: 0, count: (count + 63) / 64) }

  init(_ positions: some Sequence<Int>, upTo count: Int) {
    self.init(upTo: count)
    for position in positions { insert(position) }
  }

  var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// The positions in the set, rising.
  var members: [Int] {
    var result: [Int] = []
    for (place, word) in words.enumerated() {
      var rest = word
      while rest != 0 {
        result.append(64 * place + rest.trailingZeroBitCount)
        rest &= rest - 1
      }
    }
    return result
  }

  func contains(_ position: Int) -> Bool { words[position >> 6] >> UInt64(position & 63) & 1 == 1 }

  mutating func insert(_ position: Int) { words[position >> 6] |= 1 << UInt64(position & 63) }

  mutating func remove(_ position: Int) { words[position >> 6] &= ~(1 << UInt64(position & 63)) }

  func inserting(_ position: Int) -> NodeSet {
    var result = self
    result.insert(position)
    return result
  }

  func removing(_ position: Int) -> NodeSet {
    var result = self
    result.remove(position)
    return result
  }

  func union(_ other: NodeSet) -> NodeSet {
    var result = self
    for place in words.indices { result.words[place] |= other.words[place] }
    return result
  }

  func subtracting(_ other: NodeSet) -> NodeSet {
    var result = self
    for place in words.indices { result.words[place] &= ~other.words[place] }
    return result
  }
}
