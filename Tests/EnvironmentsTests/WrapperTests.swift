// SPDX-License-Identifier: Apache-2.0
// Espalier: wrappers: what they change, what they leave, and how they are taken up again.

import Environments
import SparseCore
import Testing

@Suite struct WrapperTests {
  @Test("a time limit truncates at its step, and leaves a termination there a termination")
  func timeLimit() throws {
    for (length, limit, ending) in [(9, 3, Ending.truncated), (3, 3, .terminated), (2, 3, .terminated)] {
      var world = Counter(length: length).timeLimit(limit)
      for _ in 0..<2 {
        _ = try world.reset()
        let endings = try (0..<min(length, limit)).map { _ in try world.step([1]).step.ending }
        #expect(endings.dropLast().allSatisfy { $0 == nil } && endings.last == ending)
      }
    }
  }

  @Test("actions between -1 and 1 are stretched to the bounds, others clipped")
  func rescaling() throws {
    var world = Counter().rescalingActions()
    #expect(world.actionSpace == .box(1, from: -1, to: 1))
    _ = try world.reset()
    let heard = try ([-1, 0, 0.5, 1, 7] as [Float]).map { try world.step([$0]).observation[1] }
    #expect(heard == [-2, 2, 4, 6, 6])
  }

  @Test("stacked frames show the last observations, the first standing in at the beginning")
  func stacking() throws {
    var world = Counter().stackingFrames(3)
    #expect(world.observationSpace.flatCount == 6)
    #expect(try world.reset(seed: 4) == [104, 0, 104, 0, 104, 0])
    #expect(try world.step([1]).observation == [104, 0, 104, 0, 106, 1])
    #expect(try world.step([2]).observation == [104, 0, 106, 1, 108, 2])
    #expect(try world.step([3]).observation == [106, 1, 108, 2, 110, 3])
    #expect(try world.reset() == [204, 0, 204, 0, 204, 0])
  }

  @Test("observations come to mean 0 and variance 1, and held moments do not move")
  func observations() throws {
    var world = Counter(length: 1000).normalizingObservations()
    _ = try world.reset(seed: 0)
    var random = Random(seed: 1)
    for _ in 0..<500 { _ = try world.step([3 + random.normal()]) }
    #expect(abs(world.moments.mean[1] - 3) < 0.3 && abs(world.moments.variance[1] - 1) < 0.3)
    world.isLearning = false
    let held = world.moments
    let seen = try world.step([3]).observation[1]
    let expected = (3 - held.mean[1]) / (held.variance[1] + 1e-8).squareRoot()
    #expect(world.moments == held && abs(Double(seen) - expected) < 1e-5)
  }

  @Test("moments of numbers one by one are those of all together")
  func moments() {
    var moments = RunningMoments(1)
    let numbers = (0..<200).map { Double($0 * $0 % 17) }
    for number in numbers { moments.take(number) }
    let mean = numbers.reduce(0, +) / 200
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 200
    #expect(abs(moments.mean[0] - mean) < 1e-3 && abs(moments.variance[0] - variance) < 1e-2)
  }

  @Test("rewards are divided by the deviation of their discounted sum, which a termination begins anew")
  func rewards() throws {
    var world = Counter(length: 3).normalizingRewards(discount: 0.5)
    var moments = RunningMoments(1)
    var sum = 0.0
    for _ in 0..<4 {
      _ = try world.reset()
      for index in 1...3 {
        let heard = try world.step([Float(index)]).step.reward
        sum = sum * 0.5 * (index == 3 ? 0 : 1) + Double(index)
        moments.take(sum)
        #expect(abs(heard - Double(index) / (moments.variance[0] + 1e-8).squareRoot()) < 1e-12)
      }
    }
  }

  @Test("wrapped worlds are taken up in the middle of an episode to the bit, and foreign states refused")
  func states() throws {
    var world = Counter(length: 7).timeLimit(5).rescalingActions().stackingFrames(2).normalizingObservations()
      .normalizingRewards()
    _ = try world.reset(seed: 3)
    for index in 0..<3 { _ = try world.step([Float(index) / 3]) }
    let state = world.state
    var other = Counter(length: 7).timeLimit(5).rescalingActions().stackingFrames(2).normalizingObservations()
      .normalizingRewards()
    _ = try other.reset()
    try other.restore(state)
    for index in 0..<6 {
      let (left, right) = (try world.step([Float(index) / 9]), try other.step([Float(index) / 9]))
      #expect(left.observation == right.observation && left.step == right.step && world.state == other.state)
      if left.step.ending != nil { #expect(try world.reset() == other.reset()) }
    }
    var small = Counter().timeLimit(2)
    let before = small.state
    for foreign in [EnvironmentState(), EnvironmentState(words: [0, 0, 0, 9]), EnvironmentState(words: [1])] {
      #expect(throws: EnvironmentError.self) { try small.restore(foreign) }
      #expect(small.state == before)
    }
  }
}
