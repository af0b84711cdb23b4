// SPDX-License-Identifier: Apache-2.0
// Espalier: a world whose every answer can be told beforehand.

import Environments
import SparseCore

/// Counts its steps; shows twice the count and the last action, gives the action as reward, ends after `length` steps.
struct Counter: SavableEnvironment {
  var length = 5
  var observationSpace = Space.box(2, from: -1000, to: 1000)
  var actionSpace = Space.box(low: [-2], high: [6])
  var forgetsSeed = false
  var reward: Double?
  private(set) var count = 0
  private(set) var offset = 0
  private(set) var resets = 0

  mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    if let seed, !forgetsSeed {
      offset = Int(seed % 10)
      resets = 0
    }
    count = 0
    resets += 1
    observation[0] = Float(offset + 100 * resets)
    observation[1] = 0
  }

  mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    count += 1
    observation[0] = Float(2 * count + offset + 100 * resets)
    observation[1] = action[0]
    return Step(reward: reward ?? Double(action[0]), terminated: count >= length)
  }

  var state: EnvironmentState {
    EnvironmentState(words: [UInt64(count), UInt64(offset), UInt64(resets)])
  }

  mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    guard state.words.count == 3, state.numbers.isEmpty else {
      throw .state(environment: "counter", expected: "3 words", got: "\(state.words.count)")
    }
    (count, offset, resets) = (Int(state.words[0]), Int(state.words[1]), Int(state.words[2]))
  }
}
