// SPDX-License-Identifier: Apache-2.0
// Espalier: observations as networks read them, against the space's own encoding.

import Datasets
import Environments
import SparseCore
import Testing

@testable import Reinforcement

@Suite("Observation encoders")
struct ObservationEncoderTests {
  private static let spaces: [Space] = [
    .box(3, from: -1, to: 1), .discrete(4), .discrete(3, start: 5), .multiDiscrete([2, 3, 1]), .multiBinary(count: 4),
    .tuple([.box(2), .multiBinary(count: 2)]), .tuple([.discrete(3), .box(2), .tuple([.discrete(2, start: -1)])]),
    .dictionary(["speed": .box(1), "place": .discrete(3)]),
  ]

  @Test("all ways of writing agree with the space's encoding", arguments: spaces.indices, [1, 5, 17, 70])
  func writing(_ index: Int, _ samples: Int) {
    let space = Self.spaces[index]
    var random = Random(seed: 1)
    let width = space.encodedCount
    let shifts = (0..<width).map { _ in random.normal() }
    let factors = (0..<width).map { _ in random.uniform() + 0.5 }
    for scaling in [nil, Standardization(shifts: shifts, factors: factors)] {
      var encoder = ObservationEncoder(space, scaling: scaling)
      #expect(encoder.width == width && encoder.flatCount == space.flatCount)
      let values = (0..<samples).map { _ in space.sample(from: &random) }
      let known = values.map { value in
        var encoded = [Float](repeating: 0, count: width)
        var span = encoded.mutableSpan
        space.encode(value.span, into: &span)
        return encoded.enumerated().map { feature, number in
          scaling.map { (number - $0.shifts[feature]) * $0.factors[feature] } ?? number
        }
      }
      let target = Activations(features: width + 2, capacity: samples)
      func check(_ way: String) {
        for sample in 0..<samples {
          for feature in 0..<width { #expect(target[feature, sample] == known[sample][feature], "\(way) of \(space)") }
          for feature in width..<width + 2 { #expect(target[feature, sample] == 9, "\(way) wrote beyond") }
        }
        target.fill(9)
      }
      target.fill(9)
      let flat = values.flatMap { $0 }
      encoder.write(flat.span, into: target)
      check("all at once")
      for sample in values.indices.reversed() {
        let value = values[sample]
        encoder.write(value.span, sample: sample, into: target)
      }
      check("one by one")
      let source = Activations(features: space.flatCount + 3, capacity: samples)
      source.fill(4)
      for (sample, value) in values.enumerated() {
        for (feature, number) in value.enumerated() { source[2 + feature, sample] = number }
      }
      encoder.write(source, from: 2, into: target)
      check("from a gathered batch")
    }
  }

  @Test("normalising by moments gives mean 0 and deviation 1")
  func moments() {
    var random = Random(seed: 2)
    let core = AgentCore(
      AgentSite(observationSpace: .box(2), actionSpace: .discrete(2), worlds: 5, steps: 10, seed: 1),
      .choices(counts: [2], start: 0), normalizes: true)
    var seen: [[Float]] = []
    for _ in 0..<40 {
      let numbers = (0..<10).map { Float($0 % 2) * 50 + Float(1 + $0 % 2) * random.normal() }
      core.takeMoments(numbers.span)
      for world in 0..<5 { seen.append(Array(numbers[2 * world..<2 * world + 2])) }
    }
    #expect(core.encoder.scaling == nil)
    core.refreshScaling()
    let target = Activations(features: 2, capacity: seen.count)
    let flat = seen.flatMap { $0 }
    core.encoder.write(flat.span, into: target)
    for feature in 0..<2 {
      let column = (0..<seen.count).map { Double(target[feature, $0]) }
      let mean = column.reduce(0, +) / Double(seen.count)
      let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(seen.count)
      #expect(abs(mean) < 1e-3 && abs(variance - 1) < 1e-2)
    }
  }
}
