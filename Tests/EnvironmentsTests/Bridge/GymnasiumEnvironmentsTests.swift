// SPDX-License-Identifier: Apache-2.0
// Espalier: Gymnasium itself through the bridge.

internal import Datasets
internal import SparseCore
internal import Testing

@testable internal import Environments

@Suite("Gymnasium through the bridge", .enabled(if: Python.hasGymnasium))
struct GymnasiumEnvironmentsTests {
  @Test("CartPole through the bridge is CartPole here, with its episodes' ends and beginnings", arguments: [1, 3])
  func cartPole(workers: Int) throws {
    var far = try GymnasiumEnvironments("CartPole-v1", count: 4, workers: workers, python: Python.name)
    var near = SerialEnvironments(4, of: CartPole().timeLimit(500))
    #expect(far.observationSpace == near.observationSpace)
    #expect(far.actionSpace == near.actionSpace)
    #expect(far.timeLimit == 500 && far.versions["gymnasium"] != nil && far.processes.count == workers)
    var (there, here) = (VectorStep(for: far), VectorStep(for: near))
    var random = Random(seed: 5)
    var ends = 0
    for seed in [3, 1 << 40] as [UInt64] {
      try far.reset(seed: seed, into: &there)
      try near.reset(seed: seed, into: &here)
      #expect(there.observations == here.observations)
      for _ in 0..<150 {
        let actions = (0..<4).map { _ in Float(random.below(2)) }
        try far.step(actions.span, into: &there)
        try near.step(actions.span, into: &here)
        #expect(there.rewards == here.rewards && there.endings == here.endings)
        #expect(isClose(there.observations, here.observations))
        for world in 0..<4 where here.endings[world] != nil {
          let range = here.range(of: world)
          #expect(isClose(Array(there.finalObservations[range]), Array(here.finalObservations[range])))
          ends += 1
        }
      }
    }
    #expect(ends > 20)
  }

  /// Sines differ between systems in the last bit.
  private func isClose(_ left: [Float], _ right: [Float]) -> Bool {
    zip(left, right).allSatisfy { abs($0 - $1) <= 1e-5 }
  }
}
