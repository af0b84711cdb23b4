// SPDX-License-Identifier: Apache-2.0
// Espalier: squashed draws against their formula, and the gradient through them against differences.

import SparseCore
import Testing

@testable import Reinforcement

@Suite("Squashed draws")
struct SquashedDrawTests {
  private let workers = Workers(threads: 1)
  private static let log2π = 1.8378770664093453

  /// tanh in Double.
  private func tangent(_ x: Double) -> Double { 1 - 2 / (Function.exponential(2 * x) + 1) }

  /// log(1 - tanh²u), which is about log 4 - 2 |u| where tanh u is nearly 1.
  private func squashing(_ number: Double) -> Double {
    let action = tangent(number)
    return abs(number) < 6 ? Function.logarithm(1 - action * action) : Function.logarithm(4.0) - 2 * abs(number)
  }

  /// The numbers that a stream draws, sample by sample; they are drawn as activations lie, padding included.
  private func noise(_ count: Int, _ batch: Int, _ random: Random) -> [Double] {
    var random = random
    let shape = Activations(features: count, capacity: batch)
    var drawn = [Float](repeating: 0, count: shape.blocks * shape.blockStride)
    random.fillWithNormals(&drawn)
    return (0..<batch * count).map { place in
      let (sample, index) = (place / count, place % count)
      let block = sample / shape.lanes * shape.blockStride
      return Double(drawn[block + index * shape.lanes + sample % shape.lanes])
    }
  }

  /// Outputs `[2 x count, batch]` from a list, sample by sample: means, then logarithms of deviations.
  private func activations(_ outputs: [Double], count: Int, batch: Int) -> Activations {
    let result = Activations(features: 2 * count, capacity: batch)
    for sample in 0..<batch {
      for index in 0..<2 * count { result[index, sample] = Float(outputs[sample * 2 * count + index]) }
    }
    return result
  }

  /// mean(heat log π - Σ q a²/2 + p a) over the batch, in Double.
  private func loss(
    _ outputs: [Double], count: Int, batch: Int, noise: [Double], heat: Double, curve: Double, slope: Double
  ) -> Double {
    var sum = 0.0
    for sample in 0..<batch {
      for index in 0..<count {
        let mean = outputs[sample * 2 * count + index]
        let logDeviation = min(2, max(-20, outputs[sample * 2 * count + count + index]))
        let epsilon = noise[sample * count + index]
        let number = mean + Function.exponential(logDeviation) * epsilon
        let action = tangent(number)
        let log = -epsilon * epsilon / 2 - logDeviation - Self.log2π / 2 - squashing(number)
        sum += heat * log - (slope * action - curve * action * action / 2)
      }
    }
    return sum / Double(batch)
  }

  @Test("actions and log-densities follow the formula, far out too")
  func density() {
    var random = Random(seed: 1)
    for (count, batch) in [(1, 1), (2, 5), (3, 17), (1, 70)] {
      let outputs = (0..<2 * count * batch).map { _ in Double(random.normal()) }
      let stream = random.split(batch)
      let known = noise(count, batch, stream)
      var draw = SquashedDraw(count: count, batch: batch)
      draw.draw(activations(outputs, count: count, batch: batch), stream, workers: workers)
      var total = 0.0
      for sample in 0..<batch {
        var log = 0.0
        for index in 0..<count {
          let deviation = Function.exponential(min(2, max(-20, outputs[sample * 2 * count + count + index])))
          let epsilon = known[sample * count + index]
          let number = outputs[sample * 2 * count + index] + deviation * epsilon
          let action = tangent(number)
          #expect(abs(Double(draw.actions[index, sample]) - action) < 1e-5)
          log +=
            -epsilon * epsilon / 2 - Function.logarithm(deviation) - Self.log2π / 2
            - squashing(number)
        }
        #expect(abs(Double(draw.logDensities[sample]) - log) < 1e-3 * max(1, abs(log)))
        total += log
      }
      #expect(abs(draw.meanLogDensity - total / Double(batch)) < 1e-3 * max(1, abs(total)))
    }
    // log(1 - tanh²u) is about log 4 - 2u where tanh u is 1 to the last bit.
    var draw = SquashedDraw(count: 1, batch: 1)
    draw.draw(activations([40, -20], count: 1, batch: 1), Random(seed: 1), workers: workers)
    #expect(draw.actions[0, 0] == 1 && draw.logDensities[0].isFinite)
    let epsilon = noise(1, 1, Random(seed: 1))[0]
    let far = -epsilon * epsilon / 2 + 20 - Self.log2π / 2 - (Function.logarithm(4.0) - 80)
    #expect(abs(Double(draw.logDensities[0]) - far) < 1e-3)
  }

  @Test("the actor's gradient agrees with central differences, and deviations at a bound have none")
  func gradient() {
    var random = Random(seed: 2)
    for (count, batch) in [(1, 1), (2, 5), (3, 17)] {
      for heat in [0.0, 0.2, 1] {
        var outputs = (0..<2 * count * batch).map { _ in Double(random.normal()) * 0.7 }
        if batch > 1 {
          outputs[count] = 2.5
          outputs[2 * count + count] = -21
        }
        let stream = random.split(batch)
        let known = noise(count, batch, stream)
        var draw = SquashedDraw(count: count, batch: batch)
        draw.draw(activations(outputs, count: count, batch: batch), stream, workers: workers)
        let (curve, slope) = (0.8, 0.3)
        draw.valueGradient.fill(0)
        for sample in 0..<batch {
          for index in 0..<count {
            draw.valueGradient[index, sample] =
              (Float(slope) - Float(curve) * draw.actions[index, sample]) / Float(batch)
          }
        }
        let gradient = Activations(features: 2 * count, capacity: batch)
        gradient.fill(5)
        draw.writeGradient(
          heat: Float(heat), outputs: activations(outputs, count: count, batch: batch), into: gradient)
        for index in outputs.indices {
          var (up, down) = (outputs, outputs)
          up[index] += 1e-5
          down[index] -= 1e-5
          func value(_ outputs: [Double]) -> Double {
            loss(outputs, count: count, batch: batch, noise: known, heat: heat, curve: curve, slope: slope)
          }
          let slope = (value(up) - value(down)) / 2e-5
          let (sample, feature) = (index / (2 * count), index % (2 * count))
          #expect(
            abs(Double(gradient[feature, sample]) - slope) < 2e-3 * max(0.1, abs(slope)), "\(feature) of \(sample)")
        }
        if batch > 1 { #expect(gradient[count, 0] == 0 && gradient[count, 1] == 0) }
        // The padding of a gradient is zero.
        for block in 0..<gradient.blocks {
          let held = gradient.samples(inBlock: block)
          gradient.withBlock(block) { values in
            for place in values.indices where place % gradient.lanes >= held { #expect(values[place] == 0) }
          }
        }
      }
    }
  }
}
