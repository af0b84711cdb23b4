// SPDX-License-Identifier: Apache-2.0
// Espalier: where nodes stand in space and time.

/// The grid of some nodes: time runs to the right and variables downward, or time downward where there are many more variables than slices.
struct PatternGrid {
  /// The variables that have a node here, in order.
  let places: [Int]
  /// The slices that have one.
  let times: [Int]
  /// Whether time runs downward.
  let isTurned: Bool
  private var numbers: [Int: Int] = [:]

  init(_ listed: [Int], _ nodes: [ModelNode]) {
    places = Set(listed.map { nodes[$0].place }).sorted()
    times = Set(listed.map { nodes[$0].time }).sorted()
    isTurned = places.count > 12 && places.count > 2 * times.count
    for node in listed { numbers[Self.key(nodes[node].place, nodes[node].time)] = node }
  }

  private static func key(_ place: Int, _ time: Int) -> Int { time << 32 | place }

  var rows: Int { isTurned ? times.count : places.count }
  var columns: Int { isTurned ? places.count : times.count }

  /// The node of a cell, nil where there is none.
  func node(row: Int, column: Int) -> Int? {
    isTurned ? numbers[Self.key(places[column], times[row])] : numbers[Self.key(places[row], times[column])]
  }
}
