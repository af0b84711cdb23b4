// SPDX-License-Identifier: Apache-2.0
// Espalier: the laws of whole updates.

import SparseCore
import Testing

@testable import SparseTopology

@Suite("Evolution")
struct EvolutionTests {
  static let presets: [Evolution] = [.static, .set(), .rigL(), .gse(), .gse(ratio: 0.1), .gse(ratio: 5)]

  @Test("every preset keeps the count and never duplicates, from empty to full", arguments: presets)
  func counts(evolution: Evolution) throws {
    try evolution.validate()
    let (rows, columns) = (8, 11)
    for count in [0, 1, 2, 10, 44, 80, 86, 87, 88] {
      for fraction in [0, 0.1, 0.3, 1] {
        let weights = Samples.weights(rows, columns, count: count, seed: UInt64(count), ties: count % 2 == 0)
        var random = Random(seed: 1)
        let rewiring = evolution.rewiring(
          weights: weights, fraction: fraction, gradients: Samples.gradients(rows, columns, samples: 3, seed: 2),
          random: &random)
        #expect(rewiring.dropped.count == rewiring.grown.count)
        let expected = evolution.dropCount(of: weights.pattern, fraction: fraction)
        #expect(rewiring.dropped.count == expected)
        let rewired = rewiring.apply(to: weights.pattern)
        #expect(rewired.pattern.count == count && rewired.pattern.checkInvariants())
        let survivors = Set(rewired.origins.filter { $0 != RewiredPattern.newborn })
        #expect(survivors.count == count - rewired.newborns)
        #expect((0..<count).allSatisfy { survivors.contains(UInt32($0)) || rewiring.dropped.contains($0) })
      }
    }
  }

  @Test("the count to drop is the share rounded down, no more than can grow")
  func dropCounts() {
    let half = Samples.pattern(10, 10, count: 50, seed: 1)
    #expect(Evolution.set().dropCount(of: half, fraction: 0.3) == 15)
    #expect(Evolution.rigL().dropCount(of: half, fraction: 0.29) == 14)
    #expect(Evolution.static.dropCount(of: half, fraction: 0.3) == 0)
    let full = Samples.pattern(10, 10, count: 97, seed: 1)
    #expect(Evolution.rigL().dropCount(of: full, fraction: 0.3) == 3)
    #expect(Evolution.gse(ratio: 0.1).dropCount(of: half, fraction: 0.3) == 5)
    #expect(Evolution.gse(ratio: 0.101).dropCount(of: half, fraction: 0.3) == 6)
  }

  @Test("RigL drops the weakest, and one whose gradient is strong comes back with its value")
  func comeback() {
    // A row of four inputs; connections 0, 1, 2; the weakest, 1, has the strongest gradient of all.
    let weights = SparseMatrix(
      pattern: SparsityPattern(rows: 1, columns: 4, cells: [0, 1, 2]), values: Vector([3, 0.5, -2]))
    let input = Activations(features: 4, capacity: 1)
    let output = Activations(features: 1, capacity: 1)
    for column in 0..<4 { input[column, 0] = [9, 5, 9, 1][column] }
    output[0, 0] = -1
    let source = GradientSource(input: input, outputGradient: output, workers: Workers(threads: 1))
    var random = Random(seed: 1)
    let rewiring = Evolution.rigL().rewiring(weights: weights, fraction: 0.4, gradients: source, random: &random)
    #expect(rewiring == Rewiring(dropped: [1], grown: [Connection(row: 0, column: 1)]))
    let rewired = rewiring.apply(to: weights.pattern)
    #expect(rewired.carry(weights.values, newborn: 0) == weights.values && rewired.newborns == 0)
  }

  @Test("the same stream proposes the same change, with any number of threads", arguments: presets)
  func repeatable(evolution: Evolution) {
    let weights = Samples.weights(20, 30, count: 200, seed: 3)
    let proposals = [1, 2, 3].map { threads in
      var random = Random(seed: 7)
      return evolution.rewiring(
        weights: weights, fraction: 0.3,
        gradients: Samples.gradients(20, 30, samples: 20, seed: 4, threads: threads), random: &random)
    }
    #expect(proposals[0] == proposals[1] && proposals[1] == proposals[2])
    #expect(proposals[0].isEmpty == evolution.isStatic)
  }

  @Test("presets say what they need and are never updated when static")
  func needs() {
    #expect(Self.presets.map(\.needsGradient) == [false, false, true, true, true, true])
    #expect(Self.presets.map(\.isStatic) == [true, false, false, false, false, false])
    #expect(!Evolution.static.isUpdate(step: 10, stepsPerEpoch: 10, totalSteps: 1000))
    #expect(Evolution.set().isUpdate(step: 10, stepsPerEpoch: 10, totalSteps: 1000))
    #expect(Evolution.rigL() == Evolution.rigL(every: .steps(100), dropFraction: 0.3))
    #expect(Evolution.rigL() != Evolution.gse(every: .steps(100)))
  }

  @Test("what a user may get wrong is an error")
  func errors() {
    #expect(throws: TopologyError.ratio(0)) { try Evolution.gse(ratio: 0).validate() }
    #expect(throws: TopologyError.dropFraction(1.5)) { try Evolution.set(dropFraction: 1.5).validate() }
    #expect(throws: TopologyError.interval(0)) { try Evolution.rigL(every: .steps(0)).validate() }
  }

  @Test("rules of one's own plug in")
  func custom() {
    struct First: PruningRule {
      let name = "first"
      func positions(dropping count: Int, of weights: SparseMatrix) -> [Int] { Array(0..<count) }
    }
    struct HalfAndHalf: GrowthRule {
      let name = "half-and-half"
      let needsGradient = true
      func connections(growing count: Int, at site: GrowthSite, random: inout Random) -> [Connection] {
        site.strongest(count, among: min(2 * count, site.absentCount), random: &random)
      }
    }
    let evolution = Evolution(
      schedule: UpdateSchedule(every: .steps(5)), prune: .custom(First()), grow: .custom(HalfAndHalf()))
    let weights = Samples.weights(6, 6, count: 12, seed: 5)
    var random = Random(seed: 1)
    let rewiring = evolution.rewiring(
      weights: weights, fraction: 0.25, gradients: Samples.gradients(6, 6, samples: 2, seed: 5), random: &random)
    #expect(rewiring.dropped == [0, 1, 2] && rewiring.grown.count == 3)
    #expect(evolution.needsGradient && evolution == evolution && evolution.prune != .magnitude)
  }

  @Test("redistribution none grows what was dropped")
  func redistribution() {
    #expect(Redistribution.none.growthCounts(dropped: [3, 0, 5], capacities: [3, 9, 9]) == [3, 0, 5])
  }
}
