// SPDX-License-Identifier: Apache-2.0
// Espalier: a walk along a cliff.

/// A field of 4 rows and 12 columns whose lower edge is a cliff between the start on the left and the goal on the right.
///
/// * Observation: the cell, row by row from the upper left, as one choice; the start is 36 and the goal 47.
/// * Action: 0 up, 1 right, 2 down, 3 left; against an edge one stays.
/// * Slipping: on slippery ground a move goes as meant or to either side, each with a chance of a third.
/// * Reward: -1 a step, -100 for one over the cliff, which leads back to the start.
/// * Ending: terminated at the goal.
/// * Usual time limit: none, as in Gymnasium; a learner that explores needs one.
///
/// Equals Gymnasium's `CliffWalking-v1`, and `CliffWalkingSlippery-v1` when slippery, with their seeds. Before the first seed the
/// stream is that of seed 0.
///
/// Source: R. Sutton, A. Barto, *Reinforcement Learning*, example 6.6.
public struct CliffWalking: SavableEnvironment {
  /// The cell.
  public let observationSpace = Space.discrete(48)
  /// Up, right, down, left.
  public let actionSpace = Space.discrete(4)
  /// Whether moves go astray.
  public let isSlippery: Bool

  private var random = NumPyRandom(seed: 0)
  private var cell = 36

  private static let name = "cliff-walking"
  private static let (columns, start, goal) = (12, 36, 47)

  /// - Parameter isSlippery: whether moves go to either side as often as they go as meant.
  public init(isSlippery: Bool = false) {
    self.isSlippery = isSlippery
  }

  /// Begins an episode at the start.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    if let seed { random = NumPyRandom(seed: seed) }
    _ = random.uniform()  // Gymnasium draws the start, though there is but one.
    cell = Self.start
    observation[0] = Float(cell)
  }

  /// Moves, perhaps over the cliff.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    let meant = action.choice(below: 4, in: Self.name)
    let third = 1.0 / 3.0
    let turn = isSlippery ? random.index(of: third, third, third) - 1 : random.index(of: 0, 1, 0) - 1
    cell = Self.neighbor(of: cell, toward: (meant + turn + 4) % 4)
    let isOver = cell == Self.goal
    let isFall = cell > Self.start && !isOver
    if isFall { cell = Self.start }
    observation[0] = Float(cell)
    return Step(reward: isFall ? -100 : -1, terminated: isOver)
  }

  /// The cell above (0), to the right (1), below (2) or to the left (3); the cell itself at an edge.
  private static func neighbor(of cell: Int, toward direction: Int) -> Int {
    switch direction {
    case 0: cell < columns ? cell : cell - columns
    case 1: cell % columns == columns - 1 ? cell : cell + 1
    case 2: cell < start ? cell + columns : cell
    default: cell % columns == 0 ? cell : cell - 1
    }
  }
}

extension CliffWalking {
  /// The random stream and the cell.
  public var state: EnvironmentState { EnvironmentState(of: Self.name, random: random, words: [UInt64(cell)]) }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    let random = try state.stream(of: Self.name, words: 1)
    cell = try state.whole(0, below: 48, of: Self.name, as: "a cell")
    self.random = random
  }
}
