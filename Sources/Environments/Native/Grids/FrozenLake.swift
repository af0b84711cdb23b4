// SPDX-License-Identifier: Apache-2.0
// Espalier: a way over slippery ice.

/// A frozen lake that is to be crossed without falling into a hole, on ice that may not go one's way.
///
/// * Observation: the cell, row by row from the upper left, as one choice.
/// * Action: 0 left, 1 down, 2 right, 3 up; against an edge one stays.
/// * Slipping: a move goes as meant with ``successRate``, otherwise to either side with equal chances, never back.
/// * Reward: 1 for the goal, otherwise 0 (``Rewards``).
/// * Start: one of the map's starts, all equally likely.
/// * Ending: terminated at the goal and in a hole.
/// * Usual time limit: 100 steps for 4 x 4, 200 for 8 x 8. It is not part of the environment.
///
/// Equals Gymnasium's `FrozenLake-v1`, and `FrozenLake8x8-v1` with ``Map/eightByEight``, with their seeds;
/// `is_slippery=False` is a success rate of 1. Before the first seed the stream is that of seed 0.
///
/// Source: Gymnasium's documentation of *Frozen Lake*.
public struct FrozenLake: SavableEnvironment {
  /// What a step is worth, by the tile it leads to.
  public struct Rewards: Sendable, Equatable {
    /// Of the goal.
    public var goal: Double
    /// Of a hole.
    public var hole: Double
    /// Of ice, also of a start.
    public var frozen: Double

    /// Gymnasium's by default.
    public init(goal: Double = 1, hole: Double = 0, frozen: Double = 0) {
      self.goal = goal
      self.hole = hole
      self.frozen = frozen
    }
  }

  /// The cell.
  public let observationSpace: Space
  /// Left, down, right, up.
  public let actionSpace = Space.discrete(4)
  /// The lake.
  public let map: Map
  /// The chance that a move goes as meant.
  public let successRate: Double
  /// What a step is worth.
  public let rewards: Rewards

  private var random = NumPyRandom(seed: 0)
  private var cell: Int

  static let name = "frozen-lake"

  /// - Parameters:
  ///   - map: the lake.
  ///   - successRate: the chance that a move goes as meant, 0 ... 1; 1 for ice that is not slippery.
  ///   - rewards: what a step is worth.
  public init(map: Map = .fourByFour, successRate: Double = 1.0 / 3.0, rewards: Rewards = Rewards()) {
    precondition((0...1).contains(successRate), "a success rate of \(successRate)")
    self.map = map
    self.successRate = successRate
    self.rewards = rewards
    observationSpace = .discrete(map.tiles.count)
    cell = map.tiles.firstIndex(of: .start) ?? 0
  }

  /// Begins an episode at a start of the map.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    if let seed { random = NumPyRandom(seed: seed) }
    let starts = map.starts
    cell = random.index(of: starts.span)
    observation[0] = Float(cell)
  }

  /// Moves, perhaps astray.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    let meant = action.choice(below: 4, in: Self.name)
    let aside = (1 - successRate) / 2
    let turn = random.index(of: aside, successRate, aside) - 1
    defer { observation[0] = Float(cell) }
    if map.tiles[cell].isEnd { return Step(reward: 0, ending: .terminated) }
    cell = map.neighbor(of: cell, toward: (meant + turn + 4) % 4)
    let tile = map.tiles[cell]
    let reward =
      switch tile {
      case .goal: rewards.goal
      case .hole: rewards.hole
      case .start, .frozen: rewards.frozen
      }
    return Step(reward: reward, terminated: tile.isEnd)
  }
}

extension FrozenLake {
  /// The random stream and the cell.
  public var state: EnvironmentState { EnvironmentState(of: Self.name, random: random, words: [UInt64(cell)]) }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    let random = try state.stream(of: Self.name, words: 1)
    cell = try state.whole(0, below: map.tiles.count, of: Self.name, as: "a cell")
    self.random = random
  }
}
