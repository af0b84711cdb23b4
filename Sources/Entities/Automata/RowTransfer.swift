// SPDX-License-Identifier: Apache-2.0
// Espalier: the probability of a pattern, cell by cell along a ring.

/// Follows the first cells of an elementary automaton along the ring, keeping the last 2 · depth of them.
///
/// Each further first cell settles one cell of every later step; choices that contradict the pattern are dropped.
struct RowTransfer<Scalar: ProbabilityScalar> {
  let depth: Int
  let initial: [Scalar]
  /// For each step the state of the middle cell after it, by the 2 · step + 1 first cells around it, the leftmost highest.
  private let outcomes: [[UInt8]]

  init(rule: Int, depth: Int, initial: [Scalar]) {
    self.depth = depth
    self.initial = initial
    var outcomes: [[UInt8]] = [[0, 1]]
    for step in 1..<max(depth + 1, 2) where step <= depth {
      let width = 2 * step + 1
      outcomes.append(
        (0..<1 << width).map { cells in
          let before = (0..<3).map { outcomes[step - 1][cells >> (2 - $0) & ((1 << (width - 2)) - 1)] }
          return UInt8(rule >> Int(4 * before[0] + 2 * before[1] + before[2]) & 1)
        })
    }
    self.outcomes = outcomes
  }

  func probability(of pattern: SpatiotemporalPattern) throws(EntityError) -> Scalar {
    let ring = initial.count
    var wanted: [Int: Int] = [:]
    var isNeeded = [Bool](repeating: false, count: ring)
    for (node, value) in zip(pattern.nodes, pattern.values) {
      wanted[node] = value
      let (time, cell) = (node / ring, node % ring)
      for offset in -time...time { isNeeded[(cell + offset + ring) % ring] = true }
    }
    let memory = 2 * depth
    guard let gap = isNeeded.firstIndex(of: false) else {
      guard depth <= 5 else {
        throw .tooLarge(
          what: "a pattern that depends on the whole ring", limit: "6 slices", got: "\(depth + 1)",
          advice: "choose fewer cells or fewer steps")
      }
      return (0..<1 << memory).reduce(into: Scalar.zero) { sum, first in
        sum += follow(start: 0, count: ring, first: first, wanted)
      }
    }
    let needed = (1...ring).map { (gap + $0) % ring }
    guard let start = needed.first(where: { isNeeded[$0] }), let end = needed.last(where: { isNeeded[$0] }) else {
      return .one
    }
    return follow(start: start, count: (end - start + ring) % ring + 1, first: nil, wanted)
  }

  /// The weight of all choices of `count` cells from `start` on; with `first` the first 2 · depth cells are fixed and met again at
  /// the end, closing the ring.
  private func follow(start: Int, count: Int, first: Int?, _ wanted: [Int: Int]) -> Scalar {
    let ring = initial.count
    let memory = 2 * depth
    let states = 1 << memory
    var weights = [Scalar](repeating: .zero, count: states)
    weights[0] = .one
    for step in 0..<count + (first == nil ? 0 : memory) {
      let cell = (start + step) % ring
      var next = [Scalar](repeating: .zero, count: states)
      for state in 0..<states where weights[state] != .zero {
        for value in 0...1 {
          var factor = value == 1 ? initial[cell] : .one - initial[cell]
          if let first {
            if step < memory, first >> (memory - 1 - step) & 1 != value { continue }
            if step >= count {
              if first >> (memory - 1 - (step - count)) & 1 != value { continue }
              factor = .one
            }
          }
          let cells = state << 1 | value
          guard factor != .zero, agrees(cells, cell, from: step, wanted) else { continue }
          next[cells & (states - 1)] += weights[state] * factor
        }
      }
      weights = next
    }
    return weights.reduce(into: Scalar.zero) { $0 += $1 }
  }

  /// Whether the cells that the newest first cell settles have the values that the pattern wants.
  private func agrees(_ cells: Int, _ newest: Int, from step: Int, _ wanted: [Int: Int]) -> Bool {
    let ring = initial.count
    for time in 0...depth {
      if step < 2 * time { return true }
      let node = time * ring + (newest - time + ring) % ring
      guard let value = wanted[node] else { continue }
      if Int(outcomes[time][cells & ((1 << (2 * time + 1)) - 1)]) != value { return false }
    }
    return true
  }
}
