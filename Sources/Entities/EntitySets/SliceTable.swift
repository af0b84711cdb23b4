// SPDX-License-Identifier: Apache-2.0
// Espalier: what trajectories look like at one time.

/// The different contents of one slice of time, numbered, and which one each trajectory has.
struct SliceTable {
  /// The nodes of the slice, rising.
  let nodes: [Int]
  /// For each trajectory the number of its slice.
  let numbers: [Int]
  /// For each number the values of `nodes`.
  let contents: [[Int]]

  /// Numbers the slices in the order in which they first appear.
  ///
  /// - Complexity: O(*trajectories* · *nodes*).
  init(nodes: [Int], trajectories: [[Int]]) {
    var known: [[Int]: Int] = [:]
    var numbers: [Int] = []
    var contents: [[Int]] = []
    numbers.reserveCapacity(trajectories.count)
    for trajectory in trajectories {
      let values = nodes.map { trajectory[$0] }
      if let number = known[values] {
        numbers.append(number)
      } else {
        known[values] = contents.count
        numbers.append(contents.count)
        contents.append(values)
      }
    }
    self.nodes = nodes
    self.numbers = numbers
    self.contents = contents
  }

  /// What surrounds some nodes of the slice: the values of all its others.
  ///
  /// - Returns: the environments that appear, by their values, and for each slice's number the place of its environment among them.
  /// - Complexity: O(*e* log *e*) comparisons for *e* different slices.
  func environments(around inner: [Int]) -> (patterns: [SpatiotemporalPattern], ofSlice: [Int]) {
    let excluded = Set(inner)
    let kept = nodes.indices.filter { !excluded.contains(nodes[$0]) }
    let outer = kept.map { nodes[$0] }
    let values = contents.map { slice in kept.map { slice[$0] } }
    let distinct = Set(values).sorted { $0.lexicographicallyPrecedes($1) }
    var place: [[Int]: Int] = [:]
    for (index, list) in distinct.enumerated() { place[list] = index }
    return (distinct.map { SpatiotemporalPattern(nodes: outer, values: $0) }, values.map { place[$0] ?? 0 })
  }

  /// Whether a slice contains a pattern of its nodes.
  func contains(_ pattern: SpatiotemporalPattern, in number: Int) -> Bool {
    var place = 0
    for (node, value) in zip(pattern.nodes, pattern.values) {
      while nodes[place] != node { place += 1 }
      if contents[number][place] != value { return false }
    }
    return true
  }
}
