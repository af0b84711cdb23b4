// SPDX-License-Identifier: Apache-2.0
// Espalier: elementary cellular automata on a ring.

public import SparseCore

/// An elementary cellular automaton on a ring whose first cells are random and independent.
///
/// A window of cells and steps depends on few first cells, whose choices are looked at 64 at a time; a single pattern on a ring of
/// hundreds of cells is followed along the row.
///
///     let automaton = try ElementaryAutomaton(rule: 110, ring: 256, timeSteps: 4, initial: 0.5)
///
/// Node = time · ring + cell; rules have Wolfram's numbers.
public struct ElementaryAutomaton<Scalar: ProbabilityScalar>: Sendable {
  /// Wolfram's number, 0 to 255.
  public let rule: Int
  /// How many cells there are.
  public let ring: Int
  /// How many slices of time.
  public let steps: Int
  /// For each cell the probability that it begins as 1.
  public let initial: [Scalar]
  /// The cells of all steps.
  public let nodes: [ModelNode]

  /// An automaton whose cells begin alike.
  ///
  /// - Throws: `EntityError.model` for a rule outside 0 to 255, a ring of fewer than 3 cells, no steps, more than a million nodes, or
  ///   a probability outside 0 to 1.
  public init(rule: Int, ring: Int, timeSteps: Int, initial: Scalar) throws(EntityError) {
    guard (3...1_000_000).contains(ring) else {
      throw .model(place: "ring", expected: "3 to 1,000,000 cells", got: "\(ring)")
    }
    try self.init(rule: rule, timeSteps: timeSteps, initial: [Scalar](repeating: initial, count: ring))
  }

  /// An automaton with a probability for each cell.
  public init(rule: Int, timeSteps: Int, initial: [Scalar]) throws(EntityError) {
    let ring = initial.count
    guard (0...255).contains(rule) else { throw .model(place: "rule", expected: "0 to 255", got: "\(rule)") }
    guard (3...1_000_000).contains(ring) else {
      throw .model(place: "ring", expected: "3 to 1,000,000 cells", got: "\(ring)")
    }
    guard timeSteps >= 1, timeSteps <= 1_000_000 / ring else {
      throw .model(place: "time_steps", expected: "1 to \(1_000_000 / ring) for \(ring) cells", got: "\(timeSteps)")
    }
    for (cell, value) in initial.enumerated() where !(value >= .zero && value <= .one) {
      throw .model(
        place: "initial, cell \(cell)", expected: "a probability of 0 to 1", got: "\(value.approximation)")
    }
    self.rule = rule
    self.ring = ring
    self.initial = initial
    steps = timeSteps
    nodes = (0..<timeSteps).flatMap { time in
      (0..<ring).map { ModelNode("c\($0)@\(time)", states: 2, place: $0, time: time) }
    }
  }

  /// The trajectory that begins with given cells.
  ///
  /// - Throws: `EntityError.pattern` unless there is a 0 or 1 for each cell.
  public func trajectory(from cells: [Int]) throws(EntityError) -> [Int] {
    guard cells.count == ring, cells.allSatisfy({ $0 == 0 || $0 == 1 }) else {
      throw .pattern(expected: "\(ring) first cells of 0 or 1", got: "\(cells.count) numbers")
    }
    return run(cells)
  }

  private func run(_ cells: [Int]) -> [Int] {
    var all = cells
    var now = cells
    for _ in 1..<max(steps, 2) where all.count < nodes.count {
      now = now.indices.map { rule >> (4 * now[($0 + ring - 1) % ring] + 2 * now[$0] + now[($0 + 1) % ring]) & 1 }
      all += now
    }
    return all
  }

  /// The nodes of a window of neighbouring cells, all steps.
  public func window(at cell: Int, width: Int) -> [Int] {
    (0..<steps).flatMap { time in (0..<width).map { time * ring + (cell + $0) % ring } }.sorted()
  }
}

extension ElementaryAutomaton: ProbabilityModel {
  private func cone(_ pattern: SpatiotemporalPattern) throws(EntityError) -> LightCone<Scalar> {
    let ring = ring
    return try LightCone(
      rule: .elementary(rule),
      cells: zip(pattern.nodes, pattern.values).map { ($0 / ring, $0 % ring, $1) },
      neighbours: { [($0 + ring - 1) % ring, $0, ($0 + 1) % ring] }, probability: { initial[$0] })
  }

  /// - Complexity: O(2^*c*) for the *c* ≤ 26 first cells that the pattern depends on.
  @_specialize(where Scalar == Double)
  public func agreement(with pattern: SpatiotemporalPattern) throws(EntityError) -> [Scalar] {
    try checkTable(pattern)
    return try cone(pattern).agreement()
  }

  /// - Complexity: O(*ring* · 4^*t*) for a pattern up to time *t*, followed along the row; 4^*t* times that when what it depends on
  ///   closes the ring.
  @_specialize(where Scalar == Double)
  public func probability(of pattern: SpatiotemporalPattern) throws(EntityError) -> Scalar {
    try check(pattern)
    guard let last = pattern.nodes.last else { return .one }
    let depth = last / ring
    if ring <= 2 * depth || ring <= 12 { return try cone(pattern).probability() }
    guard depth <= 10 else {
      throw .tooLarge(
        what: "a pattern that is followed along the row", limit: "11 slices", got: "\(depth + 1)",
        advice: "choose fewer steps")
    }
    return try RowTransfer(rule: rule, depth: depth, initial: initial).probability(of: pattern)
  }

  /// The trajectory of drawn first cells.
  public func draw(_ random: inout Random) -> [Int] {
    run(initial.map { random.uniformDouble() < $0.approximation ? 1 : 0 })
  }

  /// The trajectories of all first cells of positive probability.
  public func trajectories(limit: Int) throws(EntityError) -> [Trajectory<Scalar>] {
    let open = initial.indices.filter { initial[$0] > .zero && initial[$0] < .one }
    let most = mostListed(limit)
    guard open.count < 40, 1 << open.count <= most else {
      throw .tooLarge(
        what: "possible trajectories", limit: "\(most)", got: "2 to the power of \(open.count)",
        advice: "choose one, or raise the limit")
    }
    var found: [Trajectory<Scalar>] = []
    for choice in 0..<1 << open.count {
      var cells = initial.map { $0 == .one ? 1 : 0 }
      for (bit, cell) in open.enumerated() { cells[cell] = choice >> bit & 1 }
      let probability = cells.indices.reduce(Scalar.one) { $0 * (cells[$1] == 1 ? initial[$1] : .one - initial[$1]) }
      found.append(Trajectory(values: try trajectory(from: cells), probability: probability))
    }
    return found.sorted { $0.values.lexicographicallyPrecedes($1.values) }
  }
}
