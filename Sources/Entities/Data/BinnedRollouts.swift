// SPDX-License-Identifier: Apache-2.0
// Espalier: rollouts of variables with a few states.

/// Samples of variables with few states over time; made from a `RolloutTable` by a `BinningPlan`.
public struct BinnedRollouts: Sendable, Hashable {
  /// The file, or what the table is called in messages.
  public let name: String
  /// The variables and their binnings.
  public let variables: [BinnedVariable]
  /// The rows of each episode.
  public let episodes: [Range<Int>]
  /// The step of each row.
  public let steps: [Int]

  init(name: String, variables: [BinnedVariable], episodes: [Range<Int>], steps: [Int]) {
    (self.name, self.variables, self.episodes, self.steps) = (name, variables, episodes, steps)
  }

  /// The rows.
  public var count: Int { steps.count }

  /// What a user should know about the binnings, a line a variable.
  public var notes: [String] { variables.compactMap { variable in variable.note.map { "\(variable.name): \($0)" } } }

  /// The states of a row, one a variable.
  public func values(_ row: Int) -> [Int] { variables.map { Int($0.codes[row]) } }

  /// Only some variables, in this order.
  ///
  /// - Throws: `EntityError.model` for a name that there is not, or twice.
  public func selecting(_ names: [String]) throws(EntityError) -> BinnedRollouts {
    var chosen: [BinnedVariable] = []
    for name in names {
      guard let variable = variables.first(where: { $0.name == name }), !chosen.contains(where: { $0.name == name })
      else {
        throw .model(
          place: "the variables", expected: "different ones of " + variables.map(\.name).joined(separator: ", "),
          got: "'\(name)'")
      }
      chosen.append(variable)
    }
    return BinnedRollouts(name: self.name, variables: chosen, episodes: episodes, steps: steps)
  }

  /// The rows of each longest run of consecutive steps of an episode.
  var runs: [Range<Int>] {
    var runs: [Range<Int>] = []
    for episode in episodes {
      var start = episode.lowerBound
      for row in episode where row > start && steps[row] != steps[row - 1] + 1 {
        runs.append(start..<row)
        start = row
      }
      if start < episode.upperBound { runs.append(start..<episode.upperBound) }
    }
    return runs
  }
}
