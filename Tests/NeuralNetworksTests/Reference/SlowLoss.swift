// SPDX-License-Identifier: Apache-2.0
// Espalier: every loss once more, in double precision.

import NeuralNetworks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

enum SlowLoss {
  /// The mean over samples; `targets` are values `[outputs][samples]`, for cross-entropy one-hot.
  static func mean(_ loss: Loss, _ scores: Table, _ targets: Table) -> Double {
    let samples = scores[0].count
    var total = 0.0
    for sample in 0..<samples {
      let y = scores.map { $0[sample] }
      let t = targets.map { $0[sample] }
      total += one(loss, y, t)
    }
    return total / Double(samples)
  }

  private static func one(_ loss: Loss, _ y: [Double], _ t: [Double]) -> Double {
    let outputs = Double(y.count)
    switch loss {
    case .crossEntropy(let smoothing):
      let top = y.max() ?? 0
      let logSum = top + log(y.reduce(0) { $0 + exp($1 - top) })
      return zip(y, t).reduce(0) { sum, pair in
        let target = (1 - Double(smoothing)) * pair.1 + Double(smoothing) / outputs
        return sum + target * (logSum - pair.0)
      }
    case .meanSquaredError:
      return zip(y, t).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / outputs
    case .huber(let delta):
      let delta = Double(delta)
      return zip(y, t).reduce(0) { sum, pair in
        let size = abs(pair.0 - pair.1)
        return sum + (size <= delta ? size * size / 2 : delta * (size - delta / 2))
      } / outputs
    case .binaryCrossEntropy:
      return zip(y, t).reduce(0) { sum, pair in
        let chance = 1 / (1 + exp(-pair.0))
        return sum - pair.1 * log(chance) - (1 - pair.1) * log(1 - chance)
      } / outputs
    }
  }
}
