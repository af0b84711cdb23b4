// SPDX-License-Identifier: Apache-2.0
// Espalier: metrics against plain counting.

import Datasets
import NeuralNetworks
import SparseCore
import Testing

@testable import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Metrics")
struct MetricsTests {
  private let workers = Workers(threads: 1)

  private func metrics(_ rows: [[Float]], _ labels: [Int32], loss: Loss = .crossEntropy) -> Metrics {
    let names = (0...(labels.max() ?? 0)).map { "\($0)" }
    return Metrics(
      scores: table(rows), targets: .classes(labels, names: names), loss: loss, workers: workers)
  }

  private func table(_ rows: [[Float]]) -> Matrix {
    Matrix(rows: rows.count, columns: rows[0].count, values: Vector(rows.flatMap { $0 }))
  }

  @Test("accuracy and confusion count the highest scores")
  func counting() {
    let judged = metrics([[2, 1, 0], [0, 1, 2], [0, 3, 1], [5, 4, 6]], [0, 1, 1, 2])
    #expect(judged.count == 4)
    #expect(judged.accuracy == 0.75)
    #expect(judged.confusion == [1, 0, 0, 0, 1, 1, 0, 0, 1])
    #expect(judged.top == 2)
    #expect(judged.topAccuracy == 1)
    #expect(judged.rootMeanSquaredError == nil)
    #expect(judged.score == 0.75)
  }

  @Test("of equal scores the first class wins, in accuracy and among the highest")
  func ties() {
    let judged = metrics([[1, 1, 1], [1, 1, 1], [1, 1, 1]], [0, 1, 2])
    #expect(judged.accuracy == 1.0 / 3)
    #expect(judged.topAccuracy == 2.0 / 3)
    #expect(judged.confusion == [1, 0, 0, 1, 0, 0, 1, 0, 0])
  }

  @Test("a NaN score is never right, and the others still count")
  func notANumber() {
    let judged = metrics([[.nan, 1, 0], [.nan, 1, 0], [.nan, .nan, .nan], [.nan, .nan, .nan]], [1, 0, 0, 2])
    #expect(judged.accuracy == 0.25)
    #expect(judged.topAccuracy == 0.25)
    #expect(judged.confusion.reduce(0, +) == 4)
    #expect(judged.loss.isNaN)
  }

  @Test("six classes are judged by their five highest, two by none")
  func topFive() {
    let scores: [Float] = [6, 5, 4, 3, 2, 1]
    let judged = metrics([scores, scores, scores], [0, 4, 5])
    #expect(judged.top == 5)
    #expect(judged.topAccuracy == 2.0 / 3)
    #expect(metrics([[1, 0], [0, 1]], [0, 1]).topAccuracy == nil)
  }

  @Test(
    "a single score is a class above half way between its targets",
    arguments: [(Loss.binaryCrossEntropy, 0.75), (.meanSquaredError, 0.5), (.huber, 0.5)])
  func single(_ loss: Loss, _ accuracy: Double) {
    let judged = metrics([[-1], [0.25], [0.75], [.nan]], [0, 1, 1, 0], loss: loss)
    #expect(judged.accuracy == accuracy)
    #expect(judged.confusion.count == 4)
    #expect(judged.topAccuracy == nil)
  }

  @Test("regression errors agree with plain sums")
  func regression() throws {
    let scores = table([[1, 10], [2, 20], [4, 30]])
    let values = table([[1, 12], [3, 20], [5, 31]])
    let judged = Metrics(scores: scores, targets: .values(values), loss: .meanSquaredError, workers: workers)
    let residual = 0.0 + 1 + 1 + 4 + 0 + 1
    #expect(judged.rootMeanSquaredError == (residual / 6).squareRoot())
    let total = 8.0 + 182
    #expect(abs(try #require(judged.rSquared) - (1 - residual / total)) < 1e-12)
    #expect(abs(judged.loss - residual / 6) < 1e-6)
    #expect(judged.accuracy == nil)
    #expect(judged.score == -(residual / 6).squareRoot())
  }

  @Test("targets that do not vary have no R²")
  func flat() {
    let judged = Metrics(
      scores: table([[1], [2]]), targets: .values(table([[3], [3]])), loss: .meanSquaredError, workers: workers)
    #expect(judged.rSquared == nil)
  }

  @Test("the mean loss of many samples is the mean over samples, not over batches")
  func meanLoss() {
    var random = Random(seed: 3)
    let count = 259
    let rows = (0..<count).map { _ in (0..<3).map { _ in random.normal() } }
    let labels = (0..<count).map { _ in Int32(random.below(3)) }
    let judged = metrics(rows, labels)
    var sum = 0.0
    for (row, label) in zip(rows, labels) {
      let scores = row.map(Double.init)
      let exponentials = scores.map { exp($0 - scores[Int(label)]) }
      sum += log(exponentials.reduce(0, +))
    }
    #expect(abs(judged.loss - sum / Double(count)) < 1e-5)
  }

  @Test("metrics of no samples are zero, not a fault")
  func empty() {
    let judged = Metrics(
      scores: Matrix(rows: 0, columns: 3), targets: .classes([], names: ["a", "b", "c"]), loss: .crossEntropy,
      workers: workers)
    #expect(judged.count == 0 && judged.loss == 0 && judged.accuracy == 0)
  }
}
