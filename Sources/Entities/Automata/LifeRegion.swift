// SPDX-License-Identifier: Apache-2.0
// Espalier: a window of Conway's Life.

public import SparseCore

/// A window of cells of Conway's Life over some steps, in a plane whose first cells are random and independent.
///
/// Cells outside the window count: after *t* steps a cell depends on the first cells of a square with *t* more on each side.
///
/// Node = (time · rows + row) · columns + column.
public struct LifeRegion<Scalar: ProbabilityScalar>: Sendable {
  /// The rows of the window.
  public let rows: Int
  /// The columns of the window.
  public let columns: Int
  /// The slices of time.
  public let steps: Int
  /// The probability that a first cell lives.
  public let initial: Scalar
  /// The cells of the window at all steps.
  public let nodes: [ModelNode]

  /// A window of at most 10,000 cells and steps.
  ///
  /// - Throws: `EntityError.model` for sizes below 1 or too large, or a probability outside 0 to 1.
  public init(rows: Int, columns: Int, timeSteps: Int, initial: Scalar) throws(EntityError) {
    for (name, size) in [("rows", rows), ("cols", columns), ("time_steps", timeSteps)] where !(1...1000).contains(size)
    {
      throw .model(place: name, expected: "1 to 1,000", got: "\(size)")
    }
    guard rows * columns * timeSteps <= 10_000 else {
      throw .model(
        place: "the window", expected: "at most 10,000 cells over all steps", got: "\(rows * columns * timeSteps)")
    }
    guard initial >= .zero, initial <= .one else {
      throw .model(place: "initial", expected: "a probability of 0 to 1", got: "\(initial.approximation)")
    }
    self.rows = rows
    self.columns = columns
    self.initial = initial
    steps = timeSteps
    nodes = (0..<timeSteps).flatMap { time in
      (0..<rows * columns).map {
        ModelNode("r\($0 / columns)c\($0 % columns)@\(time)", states: 2, place: $0, time: time)
      }
    }
  }

  /// The margin of first cells around the window that later steps depend on.
  public var margin: Int { steps - 1 }

  /// The trajectory of the window when the first cells are given, the window's and a margin around it, row after row.
  ///
  /// - Throws: `EntityError.pattern` unless there is a 0 or 1 for each of (rows + 2 · margin) · (columns + 2 · margin) cells.
  public func trajectory(from cells: [Int]) throws(EntityError) -> [Int] {
    let (height, width) = (rows + 2 * margin, columns + 2 * margin)
    guard cells.count == height * width, cells.allSatisfy({ $0 == 0 || $0 == 1 }) else {
      throw .pattern(expected: "\(height) x \(width) first cells of 0 or 1", got: "\(cells.count) numbers")
    }
    return run(cells)
  }

  private func run(_ cells: [Int]) -> [Int] {
    let (height, width) = (rows + 2 * margin, columns + 2 * margin)
    var now = cells
    var all: [Int] = []
    for time in 0..<steps {
      for row in 0..<rows { all += now[((row + margin) * width + margin)...].prefix(columns) }
      guard time + 1 < steps else { break }
      var next = now
      for row in 1..<height - 1 {
        for column in 1..<width - 1 {
          var living = 0
          for near in [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1] {
            living += now[row * width + column + near]
          }
          next[row * width + column] = living == 3 || (living == 2 && now[row * width + column] == 1) ? 1 : 0
        }
      }
      now = next
    }
    return all
  }
}

extension LifeRegion: ProbabilityModel {
  private func cone(_ pattern: SpatiotemporalPattern) throws(EntityError) -> LightCone<Scalar> {
    let width = columns + 2 * margin
    let (columns, margin, area) = (columns, margin, rows * columns)
    return try LightCone(
      rule: .life,
      cells: zip(pattern.nodes, pattern.values).map { node, value in
        let place = node % area
        return (node / area, (place / columns + margin) * width + place % columns + margin, value)
      },
      neighbours: { position in
        [-width - 1, -width, -width + 1, -1, 0, 1, width - 1, width, width + 1].map { position + $0 }
      }, probability: { _ in initial })
  }

  /// - Complexity: O(2^*c*) for the *c* ≤ 26 first cells that the pattern depends on.
  @_specialize(where Scalar == Double)
  public func agreement(with pattern: SpatiotemporalPattern) throws(EntityError) -> [Scalar] {
    try checkTable(pattern)
    return try cone(pattern).agreement()
  }

  /// - Complexity: O(2^*c*) for the *c* ≤ 26 first cells that the pattern depends on.
  @_specialize(where Scalar == Double)
  public func probability(of pattern: SpatiotemporalPattern) throws(EntityError) -> Scalar {
    try check(pattern)
    return pattern.count == 0 ? .one : try cone(pattern).probability()
  }

  /// The trajectory of drawn first cells.
  public func draw(_ random: inout Random) -> [Int] {
    run(
      (0..<(rows + 2 * margin) * (columns + 2 * margin)).map { _ in
        random.uniformDouble() < initial.approximation ? 1 : 0
      })
  }

  /// The trajectories of the window, found by looking at all choices of the first cells that it depends on.
  public func trajectories(limit: Int) throws(EntityError) -> [Trajectory<Scalar>] {
    let size = (rows + 2 * margin) * (columns + 2 * margin)
    guard size <= 20 else {
      throw .tooLarge(
        what: "the first cells whose choices are listed", limit: "20", got: "\(size)", advice: "choose one trajectory")
    }
    var found: [[Int]: Scalar] = [:]
    for choice in 0..<1 << size {
      let cells = (0..<size).map { choice >> $0 & 1 }
      let weight = cells.reduce(Scalar.one) { $0 * ($1 == 1 ? initial : .one - initial) }
      guard weight > .zero else { continue }
      found[try trajectory(from: cells), default: .zero] += weight
      guard found.count <= limit else {
        throw .tooLarge(
          what: "possible trajectories", limit: "\(limit)", got: "more", advice: "choose one, or raise the limit")
      }
    }
    return found.map { Trajectory(values: $0.key, probability: $0.value) }
      .sorted { $0.values.lexicographicallyPrecedes($1.values) }
  }
}
