// SPDX-License-Identifier: Apache-2.0
// Espalier: probabilities of actions against their formulas, and their gradients against differences.

import SparseCore
import Testing

@testable import Reinforcement

@Suite("Stochastic heads")
struct StochasticHeadTests {
  private static let forms: [ActionForm] = [
    .choices(counts: [2], start: 0), .choices(counts: [5], start: 3), .choices(counts: [3, 1, 4], start: 0),
    .choices(counts: [2, 2, 2], start: 0), .numbers(low: [-1], high: [1]), .numbers(low: [-2, 0], high: [2, 5]),
  ]

  /// log p and entropy in Double, from their definitions.
  private func reference(
    _ form: ActionForm, _ outputs: [Double], _ logDeviations: [Double], _ raw: [Double]
  ) -> (log: Double, entropy: Double) {
    var (log, entropy) = (0.0, 0.0)
    switch form {
    case .choices(let counts, _):
      var start = 0
      for (index, count) in counts.enumerated() {
        let powers = outputs[start..<start + count].map { Function.exponential($0) }
        let sum = powers.reduce(0, +)
        log += Function.logarithm(powers[Int(raw[index])] / sum)
        for power in powers { entropy -= power / sum * Function.logarithm(power / sum) }
        start += count
      }
    case .numbers:
      for index in raw.indices {
        let deviation = Function.exponential(logDeviations[index])
        let distance = (raw[index] - outputs[index]) / deviation
        log += Function.logarithm(
          Function.exponential(-distance * distance / 2) / (deviation * (2 * Double.pi).squareRoot()))
        entropy += 0.5 + 0.5 * Function.logarithm(2 * Double.pi) + logDeviations[index]
      }
    }
    return (log, entropy)
  }

  private func activations(_ outputs: [Float], sample: Int, of samples: Int) -> Activations {
    let result = Activations(features: outputs.count, capacity: samples)
    result.fill(7)
    for (index, value) in outputs.enumerated() { result[index, sample] = value }
    return result
  }

  @Test("log-probabilities and entropies follow their formulas", arguments: forms)
  func formulas(_ form: ActionForm) {
    var random = Random(seed: 1)
    var head = StochasticHead(form, firstDeviation: 0.7)
    for _ in 0..<50 {
      let outputs = (0..<form.outputs).map { _ in 2 * random.normal() }
      let result = activations(outputs, sample: 3, of: 5)
      var raw = [Float](repeating: 0, count: form.count + 2)
      var action = raw
      var span = action.mutableSpan
      let drawn = head.draw(result, sample: 3, raw: &raw, action: &span, at: 1, random: &random)
      let (log, entropy) = head.evaluate(result, sample: 3, raw: raw, at: 1)
      let known = reference(
        form, outputs.map { Double($0) }, head.logDeviations.values, raw[1..<1 + form.count].map { Double($0) })
      #expect(drawn == log && abs(Double(log) - known.log) < 1e-4 && abs(Double(entropy) - known.entropy) < 1e-4)
      #expect(raw[0] == 0 && raw.last == 0 && action[0] == 0 && action.last == 0)
      switch form {
      case .choices(_, let start):
        #expect(zip(action, raw).dropFirst().dropLast().allSatisfy { $0 == $1 + Float(start) })
      case .numbers(let low, let high):
        for index in low.indices {
          let share = (min(1, max(-1, raw[1 + index])) + 1) / 2
          #expect(abs(action[1 + index] - (low[index] + share * (high[index] - low[index]))) < 1e-6)
          #expect(action[1 + index] >= low[index] && action[1 + index] <= high[index])
        }
      }
    }
  }

  @Test("the probabilities of all choices sum to 1, also for logits far apart")
  func sums() {
    for scale: Float in [1, 30, 1000, 1e30] {
      var head = StochasticHead(.choices(counts: [4, 3], start: 0), firstDeviation: 1)
      let outputs: [Float] = [0.1, -0.5, 0.9, 0.3, -1, 0.2, 0.5].map { $0 * scale }
      let result = activations(outputs, sample: 0, of: 1)
      var (sum, most) = (0.0, 0.0)
      for first in 0..<4 {
        for second in 0..<3 {
          let (log, entropy) = head.evaluate(result, sample: 0, raw: [Float(first), Float(second)], at: 0)
          sum += Function.exponential(Double(log))
          most = max(most, Double(entropy))
          #expect(entropy >= 0 && entropy.isFinite)
        }
      }
      #expect(abs(sum - 1) < 1e-5)
    }
  }

  @Test("draws come as often as they are probable (chi-squared)")
  func draws() {
    var random = Random(seed: 5)
    let logits: [Float] = [9, 0.3, -0.5, 1.2, 0]
    var counts = [Int](repeating: 0, count: 4)
    for _ in 0..<40_000 { counts[ActionForm.drawn(logits, 1, 4, nil, &random)] += 1 }
    let powers = logits[1...].map { Function.exponential(Double($0)) }
    var chi = 0.0
    for (count, power) in zip(counts, powers) {
      let expected = 40_000 * power / powers.reduce(0, +)
      chi += (Double(count) - expected) * (Double(count) - expected) / expected
    }
    // 3 degrees of freedom: 16.3 at one in a thousand.
    #expect(chi < 16.3, "\(chi)")
    for _ in 0..<200 {
      #expect([1, 3].contains(ActionForm.drawn(logits, 1, 4, [false, true, false, true], &random)))
      #expect(ActionForm.drawn(logits, 1, 4, [false, false, true, false], &random) == 2)
    }
    #expect(
      ActionForm.greatest(logits, 1, 4, nil) == 2 && ActionForm.greatest(logits, 1, 4, [true, true, false, true]) == 0)
    #expect(ActionForm.greatest([1, 2, 2], 0, 3, nil) == 1)
  }

  @Test("gradients of log-probability and entropy agree with central differences", arguments: forms)
  func gradients(_ form: ActionForm) {
    var random = Random(seed: 2)
    for (byLog, byEntropy) in [(1.0, 0.0), (0, 1), (-0.7, 0.3)] {
      for _ in 0..<10 {
        var head = StochasticHead(form, firstDeviation: 0.6)
        let outputs = (0..<form.outputs).map { _ in random.normal() }
        let result = activations(outputs, sample: 1, of: 2)
        var raw = [Float](repeating: 0, count: form.count)
        var action = raw
        var span = action.mutableSpan
        _ = head.draw(result, sample: 1, raw: &raw, action: &span, at: 0, random: &random)
        _ = head.evaluate(result, sample: 1, raw: raw, at: 0)
        let gradient = Activations(features: form.outputs, capacity: 2)
        gradient.fill(0)
        head.addGradient(
          of: raw, at: 0, byLogProbability: Float(byLog), byEntropy: Float(byEntropy), sample: 1, into: gradient)
        func loss(_ outputs: [Double], _ deviations: [Double]) -> Double {
          let (log, entropy) = reference(form, outputs, deviations, raw.map { Double($0) })
          return byLog * log + byEntropy * entropy
        }
        let (plain, deviations) = (outputs.map { Double($0) }, head.logDeviations.values)
        for index in plain.indices {
          var (up, down) = (plain, plain)
          up[index] += 1e-5
          down[index] -= 1e-5
          let slope = (loss(up, deviations) - loss(down, deviations)) / 2e-5
          #expect(abs(Double(gradient[index, 1]) - slope) < 1e-3 * max(1, abs(slope)))
          #expect(gradient[index, 0] == 0)
        }
        // The deviations' gradient shows in the sign of Adam's first step, which is as large as the rate.
        head.stepDeviations(rate: 0.01)
        for index in deviations.indices {
          var (up, down) = (deviations, deviations)
          up[index] += 1e-5
          down[index] -= 1e-5
          let slope = (loss(plain, up) - loss(plain, down)) / 2e-5
          guard abs(slope) > 1e-3 else { continue }
          #expect(abs(head.logDeviations.values[index] - deviations[index] + (slope > 0 ? 0.01 : -0.01)) < 1e-5)
        }
      }
    }
  }

  @Test("Adam for a few numbers follows its formulas, and is not moved by no gradient")
  func adam() {
    var random = Random(seed: 3)
    var adam = ScalarAdam([1, -2, 0.5])
    var (values, first, second) = ([1, -2, 0.5], [0.0, 0, 0], [0.0, 0, 0])
    for step in 1...200 {
      let gradient = values.map { _ in Double(random.normal()) }
      adam.step(gradient: gradient, rate: 0.01)
      for index in values.indices {
        first[index] = 0.9 * first[index] + 0.1 * gradient[index]
        second[index] = 0.999 * second[index] + 0.001 * gradient[index] * gradient[index]
        var (corrected, scale) = (1.0, 1.0)
        for _ in 0..<step { (corrected, scale) = (corrected * 0.9, scale * 0.999) }
        values[index] -= 0.01 * (first[index] / (1 - corrected)) / ((second[index] / (1 - scale)).squareRoot() + 1e-8)
      }
      #expect(zip(values, adam.values).allSatisfy { abs($0 - $1) < 1e-9 })
    }
    var twin = ScalarAdam([0, 0, 0])
    #expect(twin.restore(adam.numbers) && twin == adam)
    let most = Array(adam.numbers.dropLast())
    for wrong: [Double] in [[], [1], most, most + [0.5], most + [-1]] {
      #expect(!twin.restore(wrong) && twin == adam)
    }
    var still = ScalarAdam([3])
    still.step(gradient: [0], rate: 0.1)
    #expect(still.values == [3])
  }
}
