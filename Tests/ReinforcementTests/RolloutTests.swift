// SPDX-License-Identifier: Apache-2.0
// Espalier: advantages against their definition.

import SparseCore
import Testing

@testable import Reinforcement

@Suite("Rollouts")
struct RolloutTests {
  @Test("advantages are the sums of their definition, each within its episode")
  func estimate() {
    var random = Random(seed: 1)
    for (length, worlds) in [(1, 1), (2, 3), (17, 2), (40, 1)] {
      for (discount, lambda) in [(0.99, 0.95), (0.9, 1), (0.9, 0), (1, 1), (0, 0.5)] {
        var rollout = Rollout(length: length, worlds: worlds, observed: 1, acted: 1)
        for index in rollout.values.indices { rollout.values[index] = random.normal() }
        for index in rollout.rewards.indices {
          rollout.rewards[index] = random.normal()
          rollout.ends[index] = random.below(5) == 0
        }
        rollout.estimate(discount: Float(discount), lambda: Float(lambda))
        func delta(_ step: Int, _ world: Int) -> Double {
          let row = step * worlds + world
          let next = rollout.ends[row] ? 0 : discount * Double(rollout.values[row + worlds])
          return Double(rollout.rewards[row]) + next - Double(rollout.values[row])
        }
        for world in 0..<worlds {
          for step in 0..<length {
            var (sum, factor) = (0.0, 1.0)
            for later in step..<length {
              sum += factor * delta(later, world)
              factor *= discount * lambda
              if rollout.ends[later * worlds + world] { break }
            }
            let row = step * worlds + world
            #expect(abs(Double(rollout.advantages[row]) - sum) < 1e-4)
            #expect(rollout.returns[row] == rollout.advantages[row] + rollout.values[row])
          }
        }
      }
    }
  }

  @Test("steps are written where they are read")
  func writing() {
    var rollout = Rollout(length: 3, worlds: 2, observed: 2, acted: 3)
    for step in 0..<3 {
      let start = Float(100 * step)
      let (seen, done) = ((0..<4).map { start + Float($0) }, (0..<6).map { -start - Float($0) })
      rollout.write(observations: seen.span, actions: done.span)
      rollout.filled += 1
    }
    for row in 0..<6 {
      let start = Float(100 * (row / 2))
      for column in 0..<2 { #expect(rollout.observations[row, column] == start + Float(row % 2 * 2 + column)) }
      for column in 0..<3 { #expect(rollout.actions[row * 3 + column] == -start - Float(row % 2 * 3 + column)) }
    }
  }
}
