// SPDX-License-Identifier: Apache-2.0
// Espalier: actions drawn for a batch, and the way back.

internal import SparseCore

/// Actions drawn from squashed normal distributions for a whole batch, with their log-densities and the gradient through the draw.
///
/// a = tanh(u), u = μ + σ ε; log π(a) = Σ log N(u; μ, σ) - log(1 - a²).
///
/// Source: T. Haarnoja et al., *Soft Actor-Critic*, ICML 2018, appendix C, arXiv 1801.01290.
struct SquashedDraw {
  private let count: Int
  private let share: Float
  /// The actions, `[numbers, samples]`.
  let actions: Activations
  /// The gradient of the mean value by the actions, to be filled before ``writeGradient(heat:into:)``.
  let valueGradient: Activations
  /// The log-density of each sample's action.
  private(set) var logDensities: [Float]
  private(set) var meanLogDensity = 0.0
  /// σ ε by sample and number; and whether the deviation was at a bound, where it has no gradient.
  private var noise: [Float]
  private var isClamped: [Bool]

  init(count: Int, batch: Int) {
    self.count = count
    share = 1 / Float(batch)
    actions = Activations(features: count, capacity: batch)
    valueGradient = Activations(features: count, capacity: batch)
    logDensities = [Float](repeating: 0, count: batch)
    noise = [Float](repeating: 0, count: batch * count)
    isClamped = [Bool](repeating: false, count: batch * count)
  }

  /// The logarithm of a deviation within its bounds.
  static func clamped(_ logDeviation: Float) -> Float {
    let range = PolicyHead.logDeviationRange
    return min(range.upperBound, max(range.lowerBound, logDeviation))
  }

  /// Draws an action for each sample of an actor's outputs, `[2 x numbers, samples]`.
  mutating func draw(_ outputs: Activations, _ random: Random) {
    var random = random
    var total = 0.0
    for sample in 0..<outputs.samples {
      var log: Float = 0
      for index in 0..<count {
        let place = sample * count + index
        let raw = outputs[count + index, sample]
        let logDeviation = Self.clamped(raw)
        let epsilon = random.normal()
        noise[place] = Function.exponential(logDeviation) * epsilon
        isClamped[place] = raw != logDeviation
        let number = outputs[index, sample] + noise[place]
        actions[index, sample] = Function.tangent(number)
        // log(1 - tanh²u) = 2 (log 2 - u - log(1 + e^-2u)), exact where tanh u is 1 to the last bit.
        log -= 0.5 * epsilon * epsilon + logDeviation + 0.9189385
        log -= 2 * (0.6931472 - number - Function.softplus(-2 * number))
      }
      logDensities[sample] = log
      total += Double(log)
    }
    meanLogDensity = total * Double(share)
  }

  /// Writes the gradient of mean(heat x log π - value) by the actor's outputs.
  func writeGradient(heat: Float, into gradient: Activations) {
    gradient.resize(samples: logDensities.count)
    gradient.fill(0)
    for sample in logDensities.indices {
      for index in 0..<count {
        let place = sample * count + index
        let action = actions[index, sample]
        let slope = heat * share * 2 * action - valueGradient[index, sample] * (1 - action * action)
        gradient[index, sample] = slope
        gradient[count + index, sample] = isClamped[place] ? 0 : slope * noise[place] - heat * share
      }
    }
  }
}
