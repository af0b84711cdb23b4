// SPDX-License-Identifier: Apache-2.0
// Espalier: rollouts to compare with.

public import SparseCore

extension BinnedRollouts {
  /// The same rollouts with each variable's rows in an order of its own: its states are as frequent as before, and all that ties it to
  /// other variables and to its past is by chance.
  ///
  /// What integration real rollouts have beyond their surrogates' is not explained by their number alone.
  public func surrogate(_ random: Random) -> BinnedRollouts {
    let random = random.split("surrogate")
    let shuffled = variables.enumerated().map { index, variable in
      var codes = variable.codes
      var draws = random.split(index)
      draws.shuffle(&codes)
      return variable.with(codes)
    }
    return BinnedRollouts(name: name, variables: shuffled, episodes: episodes, steps: steps)
  }

  /// As many episodes drawn with replacement (the bootstrap), or, when there is but one, blocks of consecutive rows up to as many rows.
  ///
  /// The spread of a result over several draws tells how far it can be trusted.
  ///
  /// - Parameter blockLength: the rows of a block, which becomes an episode; nil for the square root of the rows. Only for one episode.
  ///
  /// Source: B. Efron, *Bootstrap methods: another look at the jackknife*, Annals of Statistics 7, 1979; H. R. Künsch, *The jackknife and
  /// the bootstrap for general stationary observations*, Annals of Statistics 17, 1989.
  public func resampled(_ random: Random, blockLength: Int? = nil) -> BinnedRollouts {
    precondition(blockLength ?? 1 >= 1, "blocks of \(blockLength ?? 0) rows")
    var draws = random.split("resampled")
    var pieces: [Range<Int>] = []
    if episodes.count > 1 {
      pieces = episodes.map { _ in episodes[draws.below(episodes.count)] }
    } else if count > 0 {
      let length = min(count, blockLength ?? max(1, Int(Double(count).squareRoot().rounded())))
      var left = count
      while left > 0 {
        let start = draws.below(count - length + 1)
        pieces.append(start..<start + min(length, left))
        left -= min(length, left)
      }
    }
    var ranges: [Range<Int>] = []
    for piece in pieces {
      let start = ranges.last?.upperBound ?? 0
      ranges.append(start..<start + piece.count)
    }
    return BinnedRollouts(
      name: name, variables: variables.map { variable in variable.with(pieces.flatMap { variable.codes[$0] }) },
      episodes: ranges, steps: pieces.flatMap { steps[$0] })
  }
}
