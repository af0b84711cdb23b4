// SPDX-License-Identifier: Apache-2.0
// Espalier: every window of a cellular automaton's trajectory.

public import SparseCore

/// What was found in one window of a ring.
public struct ScannedWindow: Sendable, Hashable {
  /// The first cell of the window.
  public let cell: Int
  /// The window's values, slice after slice.
  public let values: [Int]
  /// p of the whole window.
  public let probability: Double
  /// The complete local integration of the whole window, in bits.
  public let integration: Double
  /// How many ι-entities the window has, itself included when it is one.
  public let entities: Int
  /// The largest complete local integration of a part, in bits; 0 when no part is an ι-entity.
  public let strongest: Double
}

extension ElementaryAutomaton where Scalar == Double {
  /// Judges every window of neighbouring cells over all steps, all sub-patterns of each.
  ///
  /// When all cells begin alike, windows of equal contents are judged once: moving along the ring changes no probability.
  ///
  /// - Parameters:
  ///   - cells: the first cells, 0 or 1 each.
  ///   - width: cells in a window; `width` · `steps` nodes must fit a table.
  /// - Throws: `EntityError` when the cells do not fit, or a window is too large or impossible.
  /// - Complexity: for each of the different windows that of `LocalIntegration`.
  public func scan(from cells: [Int], width: Int, workers: Workers? = nil) throws(EntityError) -> [ScannedWindow] {
    guard (1...ring).contains(width) else {
      throw .pattern(expected: "a window of 1 to \(ring) cells", got: "\(width)")
    }
    let trajectory = try trajectory(from: cells)
    let isAlike = initial.allSatisfy { $0 == initial[0] }
    var known: [[Int]: ScannedWindow] = [:]
    var found: [ScannedWindow] = []
    for cell in 0..<ring {
      let values = (0..<steps).flatMap { time in (0..<width).map { trajectory[time * ring + (cell + $0) % ring] } }
      let window: ScannedWindow
      if isAlike, let old = known[values] {
        window = ScannedWindow(
          cell: cell, values: values, probability: old.probability, integration: old.integration,
          entities: old.entities, strongest: old.strongest)
      } else {
        let nodes = self.window(at: cell, width: width)
        let pattern = SpatiotemporalPattern(nodes: nodes, values: nodes.map { trajectory[$0] })
        let judged = try LocalIntegration(of: pattern, in: self, workers: workers)
        window = ScannedWindow(
          cell: cell, values: values, probability: judged.probability(judged.whole), integration: judged.complete ?? 0,
          entities: judged.entityCount, strongest: judged.strongest)
      }
      known[values] = window
      found.append(window)
    }
    return found
  }
}

extension LocalIntegration {
  /// How many parts are ι-entities.
  public var entityCount: Int {
    surprisals.indices.reduce(0) { $0 + (isEntity($1) ? 1 : 0) }
  }

  /// The largest complete local integration of a part that is an ι-entity, in bits; 0 when there is none.
  public var strongest: Double {
    surprisals.indices.reduce(0) { isEntity($1) ? max($0, leastSums[$1] - surprisals[$1]) : $0 }
  }
}
