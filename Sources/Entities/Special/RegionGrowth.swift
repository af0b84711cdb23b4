// SPDX-License-Identifier: Apache-2.0
// Espalier: connected regions of space-time.

/// Regions of nodes that hang together in space and time, grown from seeds: where entities are looked for in models too large to judge
/// at once.
///
///     let growth = RegionGrowth(in: model)
///     let regions = growth.regions(from: [0, 7], mostNodes: 12, limit: 200)
///     try model.entities(along: trajectory, in: regions)
///
/// Nodes are neighbours when a table makes one the parent of the other, and when they are the same place at adjacent times.
public struct RegionGrowth: Sendable {
  /// The neighbours of each node, rising.
  public let neighbors: [[Int]]

  /// Takes neighbours as they are; both of two must name each other.
  public init(neighbors: [[Int]]) {
    for (node, others) in neighbors.enumerated() {
      for other in others {
        precondition(
          neighbors.indices.contains(other) && other != node && neighbors[other].contains(node),
          "node \(node) names \(other) as a neighbour but not the other way")
      }
    }
    self.neighbors = neighbors.map { $0.sorted() }
  }

  /// The neighbours that a model's tables and its nodes' places and times make.
  ///
  /// - Complexity: O(links).
  public init<Model: ProbabilityModel>(in model: Model) where Model.Scalar == Double {
    var found = [Set<Int>](repeating: [], count: model.nodes.count)
    func join(_ one: Int, _ other: Int) {
      found[one].insert(other)
      found[other].insert(one)
    }
    if let network = (model as? any FactoredModel<Double>)?.network {
      for table in network.tables {
        for parent in table.parents { for node in table.nodes { join(parent, node) } }
      }
    }
    var latest: [Int: [(time: Int, node: Int)]] = [:]
    for (index, node) in model.nodes.enumerated() { latest[node.place, default: []].append((node.time, index)) }
    for row in latest.values {
      let row = row.sorted { $0.time != $1.time ? $0.time < $1.time : $0.node < $1.node }
      for (before, after) in zip(row, row.dropFirst()) where after.time == before.time + 1 {
        join(before.node, after.node)
      }
    }
    neighbors = found.map { $0.sorted() }
  }

  /// Connected regions that hold a seed: of exactly `mostNodes` nodes, or all that can be reached when these are fewer.
  ///
  /// Smaller regions are left out since the exact methods judge all parts of a region at once. Each seed grows its share of the
  /// limit, depth first, nearest nodes first; regions that an earlier seed has grown are not repeated. After 64 · `mostNodes` steps for
  /// each region of its share a seed gives up, so that a search among regions that are all known ends.
  ///
  /// - Parameters:
  ///   - seeds: where to start.
  ///   - mostNodes: the size of a region, at least 1.
  ///   - limit: how many regions at most.
  /// - Returns: regions, each rising, in the order in which they were grown; the same for the same call.
  /// - Throws: `EntityError.pattern` for a seed that is no node.
  /// - Complexity: O(`limit` · `mostNodes`² · neighbours).
  ///
  /// Source: the enumeration without repeats is ESU, S. Wernicke, *Efficient detection of network motifs*, IEEE/ACM Transactions on
  /// Computational Biology and Bioinformatics 3(4), 2006.
  public func regions(from seeds: [Int], mostNodes: Int, limit: Int) throws(EntityError) -> [[Int]] {
    precondition(mostNodes >= 1 && limit >= 0, "\(limit) regions of \(mostNodes) nodes")
    var found: [[Int]] = []
    var known = Set<[Int]>()
    for (index, seed) in seeds.enumerated() {
      guard neighbors.indices.contains(seed) else {
        throw .pattern(expected: "nodes 0 to \(neighbors.count - 1)", got: "\(seed)")
      }
      let share = (limit - found.count + seeds.count - index - 1) / (seeds.count - index)
      var grown = Growth(neighbors: neighbors, mostNodes: mostNodes, share: share, known: known)
      grown.start(seed)
      found += grown.found
      known = grown.known
    }
    return found
  }
}

/// One seed's regions, depth first.
private struct Growth {
  let neighbors: [[Int]]
  let mostNodes: Int
  let share: Int
  var known: Set<[Int]>
  var found: [[Int]] = []
  private var isSeen: [Bool]
  private var steps = 0

  init(neighbors: [[Int]], mostNodes: Int, share: Int, known: Set<[Int]>) {
    self.neighbors = neighbors
    self.mostNodes = mostNodes
    self.share = share
    self.known = known
    isSeen = [Bool](repeating: false, count: neighbors.count)
  }

  mutating func start(_ seed: Int) {
    isSeen[seed] = true
    let frontier = neighbors[seed]
    for node in frontier { isSeen[node] = true }
    grow([seed], frontier, isWhole: true)
  }

  /// Adds each node of the frontier in turn; nodes before it are then left out for good, so that no region is grown twice.
  private mutating func grow(_ region: [Int], _ frontier: [Int], isWhole: Bool) {
    guard found.count < share, steps < 64 * (share + 1) * mostNodes else { return }
    steps += 1
    if region.count == mostNodes || (frontier.isEmpty && isWhole) {
      let sorted = region.sorted()
      if known.insert(sorted).inserted { found.append(sorted) }
      return
    }
    for (place, node) in frontier.enumerated() {
      let fresh = neighbors[node].filter { !isSeen[$0] }
      for other in fresh { isSeen[other] = true }
      grow(region + [node], Array(frontier[(place + 1)...]) + fresh, isWhole: isWhole && place == 0)
      for other in fresh { isSeen[other] = false }
    }
  }
}
