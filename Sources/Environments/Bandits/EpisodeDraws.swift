// SPDX-License-Identifier: Apache-2.0
// Espalier: random streams by episode and step.

internal import SparseCore

/// A random stream for each step of each episode of a seed.
///
/// Three whole numbers are all its state, and what one step draws does not move what the next one draws.
struct EpisodeDraws: Sendable {
  private var seed: UInt64
  private var episode: UInt64 = 0
  private var step: UInt64 = 0

  init(seed: UInt64) {
    self.seed = seed
  }

  /// - Parameter words: what ``words`` gave.
  init(words: some Collection<UInt64>) {
    let words = Array(words)
    precondition(words.count == 3, "draws from \(words.count) words")
    (seed, episode, step) = (words[0], words[1], words[2])
  }

  /// The seed, the episode and the step.
  var words: [UInt64] { [seed, episode, step] }

  /// Begins the first episode of a seed, or the next one without a seed.
  mutating func reset(seed: UInt64?) {
    if let seed { self.seed = seed }
    episode = seed == nil ? episode &+ 1 : 0
    step = 0
  }

  /// The stream of what is drawn before the first step of the episode.
  var beginning: Random { stream.split("beginning") }

  /// The stream of the next step.
  mutating func next() -> Random {
    defer { step &+= 1 }
    return stream.split(Int(truncatingIfNeeded: step))
  }

  private var stream: Random { Random(seed: seed).split(Int(truncatingIfNeeded: episode)) }
}
