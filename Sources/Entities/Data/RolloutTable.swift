// SPDX-License-Identifier: Apache-2.0
// Espalier: what was seen of variables over time.

/// Samples of variables over time: columns of values, cut into episodes of numbered steps.
///
///     let table = try RolloutTable.read("rollouts.csv", columns: ["observation_*", "action_0"])
///     let binned = try table.binned(BinningPlan(.quantile(3)))
///     let windows = try binned.windows(length: 3)
public struct RolloutTable: Sendable, Hashable {
  /// The file, or what the table is called in messages.
  public let name: String
  /// The variables, in the order they were asked for.
  public let columns: [RolloutColumn]
  /// The rows of each episode, rising without gaps.
  public let episodes: [Range<Int>]
  /// The step of each row, rising within an episode.
  public let steps: [Int]

  /// Joins columns of equal length; without `episodes` all rows are one, without `steps` they count from 0 in each episode.
  public init(
    name: String = "rollouts", columns: [RolloutColumn], episodes: [Range<Int>]? = nil, steps: [Int]? = nil
  ) {
    let count = columns.first?.count ?? 0
    precondition(columns.allSatisfy { $0.count == count }, "columns of different lengths")
    let episodes = episodes ?? [0..<count]
    precondition(episodes.reduce(0) { $1.lowerBound == $0 ? $1.upperBound : -1 } == count, "episodes with gaps")
    let steps = steps ?? episodes.flatMap { Array(0..<$0.count) }
    precondition(steps.count == count, "\(steps.count) steps for \(count) rows")
    self.name = name
    self.columns = columns
    self.episodes = episodes
    self.steps = steps
  }

  /// The rows.
  public var count: Int { steps.count }
}
