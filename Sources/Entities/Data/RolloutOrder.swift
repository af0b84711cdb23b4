// SPDX-License-Identifier: Apache-2.0
// Espalier: which rows follow each other.

/// Collects the episode and the step of each row of a file and puts the rows in order.
struct RolloutOrder {
  private let hasEpisodes: Bool
  private let hasSteps: Bool
  private var known: [ArraySlice<UInt8>: Int] = [:]
  private var last: (name: ArraySlice<UInt8>, episode: Int)?
  private var owners: [Int] = []
  private var lines: [Int] = []
  private var isOrdered = true
  /// The step of each row; in order once finished.
  private(set) var steps: [Int] = []
  /// The rows of each episode, once finished.
  private(set) var episodes: [Range<Int>] = []
  /// A row whose episode has another one of the same step, once finished.
  private(set) var repeated: (line: Int, step: Int)?

  init(hasEpisodes: Bool, hasSteps: Bool) {
    (self.hasEpisodes, self.hasSteps) = (hasEpisodes, hasSteps)
  }

  var count: Int { steps.count }

  /// Takes in the next row.
  mutating func add(episode name: ArraySlice<UInt8>?, step: Int?, line: Int) {
    let before = owners.last
    var episode = before ?? 0
    if let name {
      if let last, last.name.elementsEqual(name) {
        episode = last.episode
      } else {
        episode = known[name] ?? known.count
        known[name] = episode
        last = (name, episode)
      }
    } else if let step, let previous = steps.last, step <= previous {
      episode += 1
    }
    let next = before == episode ? (steps.last ?? -1) + 1 : 0
    if let before, episode < before { isOrdered = false }
    if before == episode, let step, let previous = steps.last, step <= previous { isOrdered = false }
    owners.append(episode)
    lines.append(line)
    // Rows without steps of an episode that goes on later are numbered when all are known.
    steps.append(step ?? next)
  }

  /// Puts the rows in order.
  ///
  /// - Returns: the old row of each new one, nil when they were in order.
  mutating func finished() -> [Int]? {
    var rows: [Int]?
    if !isOrdered {
      let (owners, steps) = (self.owners, self.steps)
      let sorted = owners.indices.sorted {
        if owners[$0] != owners[$1] { return owners[$0] < owners[$1] }
        return hasSteps && steps[$0] != steps[$1] ? steps[$0] < steps[$1] : $0 < $1
      }
      self.owners = sorted.map { owners[$0] }
      self.steps = sorted.map { steps[$0] }
      lines = sorted.map { lines[$0] }
      rows = sorted
    }
    var start = 0
    for row in owners.indices {
      let isFirst = row == 0 || owners[row] != owners[row - 1]
      if isFirst, row > 0 {
        episodes.append(start..<row)
        start = row
      }
      if !hasSteps { steps[row] = row - start }
      if !isFirst, steps[row] == steps[row - 1], repeated == nil { repeated = (lines[row], steps[row]) }
    }
    if !owners.isEmpty { episodes.append(start..<owners.count) }
    return rows
  }
}
