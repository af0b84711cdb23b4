// SPDX-License-Identifier: Apache-2.0
// Espalier: recipes in words.

import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Training

@Suite("Words of recipes")
struct RecipeWordsTests {
  private struct Named: GrowthRule, PruningRule {
    let name: String
    let needsGradient = false

    func positions(dropping count: Int, of weights: SparseMatrix) -> [Int] { Array(0..<count) }

    func connections(growing count: Int, at site: GrowthSite, random: inout Random) -> [Connection] {
      site.random(count, random: &random)
    }
  }

  private static let optimizers: [Optimizer] =
    [
      .sgd(learningRate: 0.05, weightDecay: 5e-4, schedule: .cosine), .sgd(), .sgd(nesterov: true), .sgd(momentum: 0),
      .sgd(clipping: .norm(2)), .sgd(clipping: .norm(1)), .sgd(learningRate: 0.02), .sgd(weightDecay: 0.1), .adam(),
      .adamW(weightDecay: 0), .adam(beta1: 0.8), .adam(beta2: 0.99), .adam(epsilon: 1e-7), .rmsProp(),
      .rmsProp(smoothing: 0.9), .rmsProp(epsilon: 1e-7), .rmsProp(momentum: 0.5),
    ]
    + [
      .cosine, .cosine.warmedUp(over: 5), .init(decay: .cosine(floor: 0.1)), .step(epochs: 3), .step(epochs: 30),
      .step(epochs: 3, factor: 0.5), .constant.warmedUp(over: 5),
    ].map { .sgd(schedule: $0) }

  private static var evolutions: [Evolution] {
    let schedule = UpdateSchedule(every: .steps(5))
    let own = Named(name: "a\", grow \"b")
    var result: [Evolution] = [
      .static, .set(), .rigL(), .gse(), .gse(every: .steps(53)), .gse(every: .epochs(53)), .gse(dropFraction: 0.2),
      .gse(ratio: 2), .gse(ratio: 3), .init(schedule: schedule, prune: .none, grow: .none),
      .init(schedule: schedule, prune: .magnitude, grow: .random),
      .init(schedule: schedule, prune: .magnitudeBySign, grow: .sampledGradient(ratio: 1)),
      .init(schedule: schedule, prune: .magnitudeBySign, grow: .sampledGradient(ratio: 2)),
      .init(schedule: schedule, prune: .magnitudeBySign, grow: .gradient),
      .init(schedule: schedule, prune: .custom(own), grow: .random),
      .init(schedule: schedule, prune: .custom(own), grow: .custom(Named(name: "c"))),
      .init(schedule: schedule, prune: .custom(Named(name: "a")), grow: .custom(Named(name: "b\", grow \"c"))),
    ]
    for end in [0, 1, 0.5, 0.1, 0.7500000000000001] {
      var other = Evolution.gse()
      other.schedule.end = end
      result.append(other)
    }
    var level = Evolution.gse()
    level.schedule.dropFraction = .constant(0.3)
    return result + [level]
  }

  @Test("the usual recipes read well")
  func texts() {
    #expect(Self.optimizers[0].words == "sgd, rate 0.05, momentum 0.9, decay 0.0005, cosine")
    #expect(
      Optimizer.adamW(clipping: .norm(1), schedule: .step(epochs: 30).warmedUp(over: 100)).words
        == "adamw, rate 0.001, beta 1 0.9, beta 2 0.999, epsilon 1e-08, decay 0.01, clipped to 1, times 0.1 every 30 "
        + "epochs, warm-up 100")
    #expect(Evolution.gse(every: .steps(53)).words == "gse every 53 steps, fraction 0.3 by cosine until 75 %")
    #expect(Evolution.set().words == "set every 1 epochs, fraction 0.3 by cosine until 75 %")
    #expect(Evolution.static.words == "static")
    var own = Evolution(
      schedule: .init(every: .steps(5), dropFraction: .constant(0.25), end: 1), prune: .magnitude,
      grow: .custom(Named(name: "mine")))
    #expect(
      own.words == "drop by magnitude, grow \"mine\", every 5 steps, fraction 0.25 throughout until 100 %")
    own.schedule.end = 0
    #expect(own.words.hasSuffix("until 0 %"))
  }

  @Test("different recipes never have the same words")
  func distinct() {
    for (index, one) in Self.optimizers.enumerated() {
      for other in Self.optimizers[(index + 1)...] { #expect(one.words != other.words) }
    }
    let evolutions = Self.evolutions
    for (index, one) in evolutions.enumerated() {
      for other in evolutions[(index + 1)...] {
        #expect(one != other)
        #expect(one.words != other.words)
      }
    }
  }
}
