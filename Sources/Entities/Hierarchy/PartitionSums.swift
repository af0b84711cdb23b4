// SPDX-License-Identifier: Apache-2.0
// Espalier: the sums of all partitions, in order.

/// The sum of block costs of every partition of a set whose blocks are all allowed.
struct PartitionSums {
  private var sums: [Double] = []

  /// Lists the partitions of all elements by the block that holds the lowest element not yet in one.
  init(_ costs: [Double], allowing isAllowed: (Int) -> Bool) {
    let allowed = costs.indices.map { $0 != 0 && isAllowed($0) }
    follow(costs.count - 1, 0, costs, allowed)
  }

  private mutating func follow(_ rest: Int, _ sum: Double, _ costs: [Double], _ allowed: [Bool]) {
    if rest == 0 {
      sums.append(sum)
      return
    }
    let others = rest & (rest - 1)
    var kept = others
    while true {
      let block = rest ^ kept
      if allowed[block] {
        if kept == 0 { sums.append(sum + costs[block]) } else { follow(kept, sum + costs[block], costs, allowed) }
      }
      if kept == 0 { return }
      kept = (kept - 1) & others
    }
  }

  /// The sums, rising: a radix sort of their bits, eleven at a time, lowest first; they must not be negative.
  ///
  /// - Complexity: O(*count*).
  consuming func sorted() -> [Double] {
    if sums.count < 4096 { return sums.sorted() }
    var from = sums.map { ($0 == 0 ? 0 : $0).bitPattern }
    sums = []
    var to = from
    for shift in stride(from: 0, to: 64, by: 11) {
      var starts = [Int](repeating: 0, count: 2049)
      for bits in from { starts[Int(bits >> UInt64(shift) & 2047) + 1] += 1 }
      if starts.contains(from.count) { continue }
      for digit in 1..<2049 { starts[digit] += starts[digit - 1] }
      for bits in from {
        let digit = Int(bits >> UInt64(shift) & 2047)
        to[starts[digit]] = bits
        starts[digit] += 1
      }
      swap(&from, &to)
    }
    return from.map { Double(bitPattern: $0) }
  }
}
