// SPDX-License-Identifier: Apache-2.0
// Espalier: a world in which nothing happens, for measurements.

internal import Espalier

/// A world of given sizes that costs nothing: what is observed are small numbers that change a little, rewards are a number of the action, episodes never end.
struct StillWorld: Environment {
  let observationSpace: Space
  let actionSpace: Space
  private var step: Float = 0

  /// So many observed numbers, and so many of an action between -1 and 1.
  init(observations: Int, actions: Int) {
    observationSpace = .box(observations)
    actionSpace = .box(actions, from: -1, to: 1)
  }

  mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) { show(&observation) }

  mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    step = step < 1 ? step + 0.001 : 0
    show(&observation)
    return Step(reward: Double(action[0]))
  }

  private func show(_ observation: inout MutableSpan<Float>) {
    for index in observation.indices { observation[index] = step - Float(index % 7) * 0.1 }
  }
}
