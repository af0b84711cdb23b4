// SPDX-License-Identifier: Apache-2.0
// Espalier: what a bridge costs beside the environment itself.

internal import AllocationCounter
internal import Espalier

/// Steps environments through the bridge and in a Python loop, in turn.
struct Overhead {
  let id: String
  let count: Int
  let workers: Int
  let steps: Int
  let rounds: Int
  let python: String
  let loop: String
  /// For how long a step's answer is looked for before sleeping.
  let awake: Duration

  /// The medians over the rounds.
  struct Result {
    /// Microseconds that one environment's step takes in the loop.
    let own: Double
    /// Microseconds that it takes through the bridge.
    let bridged: Double
    /// The median of the rounds' ratios, less 1.
    let overhead: Double
    /// Calls of the allocator in all timed steps of the bridge; below 0 where they cannot be counted.
    let allocations: Int
  }

  func measure() throws -> Result {
    var alone = try GymnasiumEnvironment(
      "Loop-v0", settings: ["name": .text(id), "count": .integer(count), "steps": .integer(steps)], python: python,
      server: .file(loop))
    var worlds = try GymnasiumEnvironments(
      id, count: count, workers: workers, python: python, limits: BridgeLimits(awake: awake))
    var results = VectorStep(for: worlds)
    var random = Random(seed: 1).split("actions")
    _ = try alone.reset(seed: 1)
    try worlds.reset(seed: 1, into: &results)
    var own: [Double] = []
    var bridged: [Double] = []
    var allocations = 0
    for round in 0...rounds {
      let seconds = try alone.step(0).step.reward
      let actions = (0..<steps).map { _ in
        (0..<count * worlds.actionSpace.flatCount).map { _ in 2 * random.uniform() - 1 }
      }
      let before = espalier_allocations()
      let start = ContinuousClock.now
      for action in actions { try worlds.step(action.span, into: &results) }
      let time = start.duration(to: .now)
      let after = espalier_allocations()
      // The first round warms up.
      guard round > 0 else { continue }
      own.append(seconds)
      bridged.append(time / .seconds(1))
      allocations += after < 0 ? -1 : after - before
    }
    let each = 1e6 / Double(steps * count)
    return Result(
      own: median(own) * each, bridged: median(bridged) * each,
      overhead: median(zip(bridged, own).map { $0 / $1 }) - 1, allocations: allocations)
  }

  private func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
