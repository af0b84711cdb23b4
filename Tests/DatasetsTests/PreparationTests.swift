// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of splits, scaling and orders.

internal import SparseCore
internal import Testing

@testable internal import Datasets

@Suite("Preparing a data set")
struct PreparationTests {
  @Test("a split is a partition with exact shares of every class", arguments: [0, 0.1, 0.2, 0.37, 0.5, 0.99, 1])
  func stratified(share: Double) {
    let digits = Dataset.digits()
    for seed in 0..<3 as Range<UInt64> {
      let split = Split(digits.targets, count: digits.count, testShare: share, seed: seed)
      #expect((split.train + split.test).sorted() == Array(0..<digits.count))
      #expect(split.test.count == Int((share * 1797).rounded()))
      for (all, some) in zip(digits.classCounts, digits.subset(split.test).classCounts) {
        #expect(abs(Double(some) - share * Double(all)) < 1)
      }
    }
  }

  @Test("quotas add up by the largest remainder for all small groups")
  func quotas() {
    #expect(Split.quotas([3, 3, 3], share: 0.5, total: 5) == [2, 2, 1])
    #expect(Split.quotas([1, 9], share: 0.2, total: 2) == [0, 2])
    for first in 0...6 {
      for second in 0...6 {
        for tenth in 0...10 {
          let share = Double(tenth) / 10
          let total = Int((share * Double(first + second)).rounded())
          let quotas = Split.quotas([first, second], share: share, total: total)
          #expect(quotas.reduce(0, +) == total && quotas[0] <= first && quotas[1] <= second)
        }
      }
    }
  }

  @Test("the same seed splits alike, another seed does not")
  func reproducible() {
    let targets = Dataset.digits().targets
    let split = Split(targets, count: 1797, testShare: 0.2, seed: 4)
    #expect(split == Split(targets, count: 1797, testShare: 0.2, seed: 4))
    #expect(split != Split(targets, count: 1797, testShare: 0.2, seed: 5))
  }

  @Test("values are split plainly, and three parts share nothing")
  func threeParts() {
    let values = (0..<101).map { Float($0) }
    let column = Matrix(rows: 101, columns: 1, values: Vector(values))
    let set = Dataset(name: "line", features: column, targets: .values(column))
    let parts = set.split(validationShare: 0.25, testShare: 0.3, seed: 9)
    #expect([parts.train.count, parts.validation.count, parts.test.count] == [46, 25, 30])
    let all = [parts.train, parts.validation, parts.test].flatMap { $0.features.values.elements }
    #expect(all.sorted() == values)
    #expect(parts.test == set.split(testShare: 0.3, seed: 9).test)
  }

  @Test("standardising gives mean 0 and deviation 1, constants become 0, and the test part is scaled by the same")
  func standardize() {
    let digits = Dataset.digits()
    let scaling = Standardization.fit(digits)
    let scaled = scaling.apply(to: digits)
    for column in [2, 10, 20, 63] {
      let values = (0..<1797).map { Double(scaled.features[$0, column]) }
      let mean = values.reduce(0, +) / 1797
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1797
      #expect(abs(mean) < 1e-6 && abs(variance - 1) < 1e-5)
    }
    #expect((0..<1797).allSatisfy { scaled.features[$0, 0] == 0 })
    let one = digits.subset([7])
    #expect(scaling.apply(to: one).features.row(0) == scaled.features.row(7))
    #expect(Standardization(shifts: scaling.shifts, factors: scaling.factors) == scaling)
  }

  @Test("one range maps pixels to 0...1, and no scaling changes nothing")
  func unit() {
    let digits = Dataset.digits()
    let scaled = Standardization.fit(digits, scaling: .unit).apply(to: digits)
    #expect(scaled.features.row(0)[3] == 13.0 / 16)
    #expect(scaled.features.values.elements.max() == 1)
    #expect(Standardization.fit(digits, scaling: .none).apply(to: digits) == digits)
  }

  @Test("an epoch visits every sample once, in an order of its own")
  func orders() {
    var order = BatchOrder(count: 103, batchSize: 10, seed: 3)
    #expect(order.batchCount == 11 && order.range(ofBatch: 10) == 100..<103)
    order.reset(epoch: 0)
    let first = order.indices
    order.reset(epoch: 1)
    #expect(first.sorted() == Array(0..<103) && order.indices.sorted() == Array(0..<103))
    #expect(order.indices != first && first != Array(0..<103))
    var resumed = BatchOrder(count: 103, batchSize: 32, seed: 3)
    resumed.reset(epoch: 1)
    #expect(resumed.indices == order.indices)
    #expect((0..<order.batchCount).flatMap { Array(order.range(ofBatch: $0)) } == Array(0..<103))
  }
}
