// SPDX-License-Identifier: Apache-2.0
// Espalier: which trajectories contain which patterns.

/// Finds patterns in trajectories without trying every pattern on every trajectory.
enum PatternOccurrences {
  /// For each pattern the places of the trajectories that contain it, rising.
  ///
  /// Patterns on the same nodes are found together: a trajectory's values on these nodes are looked up in a dictionary.
  ///
  /// - Complexity: O(*node sets* · *trajectories* · *nodes of a set*) and the length of the answer.
  static func find(_ patterns: [SpatiotemporalPattern], in trajectories: [[Int]]) -> [[Int]] {
    var places = [[Int]](repeating: [], count: patterns.count)
    var groupOf: [[Int]: Int] = [:]
    var groups: [[Int]] = []
    for (index, pattern) in patterns.enumerated() {
      if let group = groupOf[pattern.nodes] {
        groups[group].append(index)
      } else {
        groupOf[pattern.nodes] = groups.count
        groups.append([index])
      }
    }
    for group in groups {
      var lookup: [UInt64: [Int]] = [:]
      for index in group { lookup[key(patterns[index].values), default: []].append(index) }
      let nodes = patterns[group[0]].nodes
      for (place, trajectory) in trajectories.enumerated() {
        for index in lookup[key(trajectory, nodes)] ?? [] where patterns[index].occurs(in: trajectory) {
          places[index].append(place)
        }
      }
    }
    return places
  }

  /// A number that equal values share; different ones hardly ever do, but may, so that what it finds is looked at again.
  private static func key(_ values: [Int]) -> UInt64 {
    values.reduce(0) { mixed($0, $1) }
  }

  /// The key of a trajectory's values on some nodes.
  private static func key(_ trajectory: [Int], _ nodes: [Int]) -> UInt64 {
    nodes.reduce(0) { mixed($0, trajectory[$1]) }
  }

  private static func mixed(_ key: UInt64, _ value: Int) -> UInt64 {
    (key ^ (key >> 31)) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(truncatingIfNeeded: value) &+ 1
  }
}
