// SPDX-License-Identifier: Apache-2.0
// Espalier: cheap partitions of large patterns.

import SparseCore

/// A search for a partition of low specific local integration: an upper bound of ι, and a refutation once it is not positive.
///
/// Every step only asks for surprisals of blocks, which are remembered by their bits. The search ends when the goal is reached, all
/// steps are done, or the budget is spent.
struct PartitionSearch<Model: ProbabilityModel> where Model.Scalar == Double {
  var oracle: SurprisalOracle<Model>
  /// The best partition so far and its integration, none before the first.
  var best: (integration: Double, blocks: [NodeSet])?
  /// The search ends at or below this.
  private let goal: Double
  private let count: Int

  init(_ oracle: SurprisalOracle<Model>, goal: Double) {
    self.oracle = oracle
    self.goal = goal
    count = oracle.pattern.count
  }

  private var isDone: Bool { best.map { $0.integration <= goal } ?? false }

  /// Groups, agglomeration and moves, within the oracle's allowance.
  mutating func run() throws(EntityError) {
    do throws(EntityError) {
      try tryGroups()
      if !isDone { try agglomerate() }
      if !isDone, let found = best { try improve(found.blocks) }
    } catch {
      guard oracle.isExhausted else { throw error }
    }
  }

  /// Annealing, and moves from where it ends, within the oracle's allowance.
  mutating func run(moves: Int, random: inout Random) throws(EntityError) {
    do throws(EntityError) {
      try anneal(moves: moves, random: &random)
      if !isDone, let found = best { try improve(found.blocks) }
    } catch {
      guard oracle.isExhausted else { throw error }
    }
  }

  /// Takes note of a partition of two blocks or more.
  mutating func consider(_ blocks: [NodeSet]) throws(EntityError) {
    guard blocks.count > 1 else { return }
    let integration = try oracle.integration(of: blocks)
    if best.map({ integration < $0.integration }) ?? true { best = (integration, blocks) }
  }

  /// Single nodes, rows of one place, slices of one time, and each node against the rest.
  private mutating func tryGroups() throws(EntityError) {
    let members = oracle.pattern.nodes.map { oracle.model.nodes[$0] }
    for key in [\ModelNode.place, \ModelNode.time] {
      var groups: [Int: NodeSet] = [:]
      for (position, node) in members.enumerated() {
        groups[node[keyPath: key], default: NodeSet(upTo: count)].insert(position)
      }
      try consider(groups.sorted { $0.key < $1.key }.map(\.value))
      if isDone { return }
    }
    try consider((0..<count).map { NodeSet([$0], upTo: count) })
    let everything = NodeSet(0..<count, upTo: count)
    for position in 0..<count where !isDone {
      try consider([NodeSet([position], upTo: count), everything.removing(position)])
    }
  }

  /// Merges, from single nodes on, the two blocks whose merging saves most, down to two blocks.
  ///
  /// - Complexity: about *n*² evaluations.
  private mutating func agglomerate() throws(EntityError) {
    var blocks = (0..<count).map { NodeSet([$0], upTo: count) }
    var gains: [[Double]] = []
    for second in blocks.indices {
      var row: [Double] = []
      for first in 0..<second { row.append(try gain(blocks[first], blocks[second])) }
      gains.append(row)
    }
    while blocks.count > 2, !isDone {
      var least = (gain: -Double.infinity, first: 0, second: 1)
      for second in blocks.indices {
        for first in 0..<second where gains[second][first] > least.gain {
          least = (gains[second][first], first, second)
        }
      }
      blocks[least.first] = blocks[least.first].union(blocks[least.second])
      blocks.remove(at: least.second)
      gains.remove(at: least.second)
      for row in least.second..<max(gains.count, least.second) { gains[row].remove(at: least.second) }
      for other in blocks.indices where other != least.first {
        let value = try gain(blocks[least.first], blocks[other])
        gains[max(other, least.first)][min(other, least.first)] = value
      }
      try consider(blocks)
    }
  }

  /// What merging two blocks saves.
  private mutating func gain(_ one: NodeSet, _ other: NodeSet) throws(EntityError) -> Double {
    try oracle.surprisal(of: one) + oracle.surprisal(of: other) - oracle.surprisal(of: one.union(other))
  }

  /// Moves single nodes to where they cost least, splits them off, merges blocks and sweeps, until nothing helps.
  private mutating func improve(_ start: [NodeSet]) throws(EntityError) {
    var blocks = start
    var isBetter = true
    while isBetter, !isDone {
      isBetter = false
      for position in 0..<count where !isDone {
        guard let home = blocks.firstIndex(where: { $0.contains(position) }) else { continue }
        var least = (change: -1e-12, target: -1)
        for target in 0...blocks.count where target != home {
          let change = try change(of: blocks, position, from: home, to: target)
          if change < least.change { least = (change, target) }
        }
        guard least.target >= 0 else { continue }
        Self.move(position, from: home, to: least.target, in: &blocks)
        try consider(blocks)
        isBetter = true
      }
      var second = 1
      while second < blocks.count, blocks.count > 2 {
        var first = 0
        while first < second, try gain(blocks[first], blocks[second]) <= 1e-12 { first += 1 }
        if first < second {
          blocks[first] = blocks[first].union(blocks[second])
          blocks.remove(at: second)
          try consider(blocks)
          isBetter = true
        } else {
          second += 1
        }
      }
      if !isBetter, !isDone { isBetter = try sweep(&blocks) }
    }
  }

  /// Moves every node once, each to where it then costs least even if that is uphill, and keeps the best partition on the way
  /// (a pass of Kernighan and Lin, the nodes in order); whether it is better than where the pass began.
  private mutating func sweep(_ blocks: inout [NodeSet]) throws(EntityError) -> Bool {
    var moved = blocks
    var (sum, least) = (0.0, -1e-12)
    var isBetter = false
    for position in 0..<count {
      guard let home = moved.firstIndex(where: { $0.contains(position) }) else { continue }
      var lowest = (change: Double.infinity, target: home)
      for target in 0...moved.count where target != home {
        let change = try change(of: moved, position, from: home, to: target)
        if change < lowest.change { lowest = (change, target) }
      }
      guard lowest.change < .infinity else { continue }
      Self.move(position, from: home, to: lowest.target, in: &moved)
      sum += lowest.change
      if sum < least { (least, blocks, isBetter) = (sum, moved, true) }
    }
    if isBetter { try consider(blocks) }
    return isBetter
  }

  /// What moving a node changes, in bits.
  ///
  /// `to` one past the last block makes a new one. Infinite when fewer than two blocks would be left.
  private mutating func change(
    of blocks: [NodeSet], _ position: Int, from home: Int, to target: Int
  ) throws(EntityError) -> Double {
    let rest = blocks[home].removing(position)
    if rest.isEmpty && (blocks.count == 2 || target == blocks.count) { return .infinity }
    let before = target == blocks.count ? NodeSet(upTo: count) : blocks[target]
    let removed = try oracle.surprisal(of: rest) - oracle.surprisal(of: blocks[home])
    return try removed + oracle.surprisal(of: before.inserting(position)) - oracle.surprisal(of: before)
  }

  private static func move(_ position: Int, from home: Int, to target: Int, in blocks: inout [NodeSet]) {
    blocks[home].remove(position)
    if target == blocks.count {
      var block = blocks[home].subtracting(blocks[home])
      block.insert(position)
      blocks.append(block)
    } else {
      blocks[target].insert(position)
    }
    if blocks[home].isEmpty { blocks.remove(at: home) }
  }

  /// Moves random nodes to random blocks; uphill with a probability that falls from 2 bits to 1/100 of a bit of temperature.
  private mutating func anneal(moves: Int, random: inout Random) throws(EntityError) {
    guard var blocks = best?.blocks, moves > 0 else { return }
    var temperature = 2.0
    let cooling = exponential(binaryLogarithm(0.005) / Double(moves))
    for _ in 0..<moves where !isDone {
      temperature *= cooling
      let position = random.below(count)
      guard let home = blocks.firstIndex(where: { $0.contains(position) }) else { continue }
      let target = random.below(blocks.count + 1)
      guard target != home else { continue }
      let change = try change(of: blocks, position, from: home, to: target)
      guard change <= 0 || random.uniformDouble() < exponential(-change / temperature) else { continue }
      Self.move(position, from: home, to: target, in: &blocks)
      if let found = best, change < 0 {
        let integration = try oracle.integration(of: blocks)
        if integration < found.integration { best = (integration, blocks) }
      }
    }
  }
}
