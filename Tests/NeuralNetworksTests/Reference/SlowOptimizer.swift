// SPDX-License-Identifier: Apache-2.0
// Espalier: every update rule once more, one value at a time in double precision, as the papers write it.

import NeuralNetworks

/// What an optimizer does with one value.
struct SlowOptimizer {
  let optimizer: Optimizer
  let decay: Double
  var value: Double
  private var momentum = 0.0
  private var first = 0.0
  private var second = 0.0
  private var power1 = 1.0
  private var power2 = 1.0

  init(_ optimizer: Optimizer, value: Float, decays: Bool) {
    self.optimizer = optimizer
    self.value = Double(value)
    decay = decays ? Double(optimizer.weightDecay) : 0
  }

  /// - Parameter gradient: after clipping.
  mutating func step(gradient: Double, factor: Double) {
    let rate = Double(optimizer.learningRate) * factor
    switch optimizer.rule {
    case .sgd(let mu, let nesterov):
      let g = gradient + decay * value
      momentum = Double(mu) * momentum + g
      value -= rate * (nesterov ? g + Double(mu) * momentum : momentum)
    case .adam(let beta1, let beta2, let epsilon, let decoupled):
      let g = gradient + (decoupled ? 0 : decay * value)
      first = Double(beta1) * first + (1 - Double(beta1)) * g
      second = Double(beta2) * second + (1 - Double(beta2)) * g * g
      power1 *= Double(beta1)
      power2 *= Double(beta2)
      if decoupled { value -= rate * decay * value }
      value -= rate * (first / (1 - power1)) / ((second / (1 - power2)).squareRoot() + Double(epsilon))
    case .rmsProp(let alpha, let epsilon, let mu):
      let g = gradient + decay * value
      second = Double(alpha) * second + (1 - Double(alpha)) * g * g
      momentum = Double(mu) * momentum + g / (second.squareRoot() + Double(epsilon))
      value -= rate * momentum
    }
  }
}
