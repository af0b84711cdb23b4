// SPDX-License-Identifier: Apache-2.0
// Espalier: actions drawn for a batch, and the way back.

internal import NeuralNetworks
internal import SparseCore

/// Actions drawn from squashed normal distributions for a whole batch, with their log-densities and the gradient through the draw.
///
/// a = tanh(u), u = μ + σ ε; log π(a) = Σ log N(u; μ, σ) - log(1 - a²).
///
/// Source: T. Haarnoja et al., *Soft Actor-Critic*, ICML 2018, appendix C, arXiv 1801.01290.
struct SquashedDraw {
  private let count: Int
  private let size: Int
  /// The actions, `[numbers, samples]`.
  let actions: Activations
  /// The gradient of the mean value by the actions, to be filled before ``writeGradient(heat:into:)``.
  let valueGradient: Activations
  /// The log-density of each sample's action.
  private(set) var logDensities: [Float]
  private(set) var meanLogDensity = 0.0
  /// ε, and then σ ε, as the actions lie in their blocks.
  private var noise: [Float]
  /// The log-densities with those of padding.
  private var padded: [Float]

  init(count: Int, batch: Int) {
    self.count = count
    size = batch
    actions = Activations(features: count, capacity: batch)
    valueGradient = Activations(features: count, capacity: batch)
    logDensities = [Float](repeating: 0, count: batch)
    noise = [Float](repeating: 0, count: actions.blocks * actions.blockStride)
    padded = [Float](repeating: 0, count: actions.blocks * actions.lanes)
  }

  /// The logarithm of a deviation within its bounds.
  static func clamped(_ logDeviation: Float) -> Float {
    let range = PolicyHead.logDeviationRange
    return min(range.upperBound, max(range.lowerBound, logDeviation))
  }

  /// Draws an action for each sample of an actor's outputs, `[2 x numbers, samples]`.
  mutating func draw(_ outputs: Activations, _ random: Random, workers: Workers) {
    var random = random
    random.fillWithNormals(&noise)
    let (lanes, stride) = (actions.lanes, actions.blockStride)
    for block in 0..<actions.blocks {
      outputs.withBlock(block) { outputs in
        actions.withMutableBlock(block) { numbers in
          for lane in 0..<lanes { padded[block * lanes + lane] = 0 }
          for place in 0..<stride {
            let logDeviation = Self.clamped(outputs[stride + place])
            let epsilon = noise[block * stride + place]
            let shift = Function.exponential(logDeviation) * epsilon
            noise[block * stride + place] = shift
            let number = outputs[place] + shift
            numbers[place] = number
            // log(1 - tanh²u) = 2 (log 2 - u - log(1 + e^-2u)), exact where tanh u is 1 to the last bit.
            let tail = max(-2 * number, 0) + Function.logarithm(1 + Function.exponential(-2 * abs(number)))
            padded[block * lanes + place % lanes] -=
              0.5 * epsilon * epsilon + logDeviation + 0.9189385 + 2 * (0.6931472 - number - tail)
          }
        }
      }
    }
    Kernels.activate(.tanh, actions, into: actions, workers: workers)
    var total = 0.0
    for sample in 0..<size {
      logDensities[sample] = padded[sample]
      total += Double(padded[sample])
    }
    meanLogDensity = total / Double(size)
  }

  /// Writes the gradient of mean(heat x log π - value) by the actor's outputs.
  ///
  /// - Parameter outputs: those that actions were drawn from last.
  func writeGradient(heat: Float, outputs: Activations, into gradient: Activations) {
    gradient.resize(samples: size)
    let (lanes, stride) = (actions.lanes, actions.blockStride)
    let heat = heat / Float(size)
    for block in 0..<actions.blocks {
      let used = actions.samples(inBlock: block)
      outputs.withBlock(block) { outputs in
        actions.withBlock(block) { actions in
          valueGradient.withBlock(block) { values in
            gradient.withMutableBlock(block) { gradient in
              for place in 0..<stride {
                let action = actions[place]
                let slope = heat * 2 * action - values[place] * (1 - action * action)
                let isUsed = place % lanes < used
                let isFree = PolicyHead.logDeviationRange.contains(outputs[stride + place])
                gradient[place] = isUsed ? slope : 0
                gradient[stride + place] = isUsed && isFree ? slope * noise[block * stride + place] - heat : 0
              }
            }
          }
        }
      }
    }
  }
}
