// SPDX-License-Identifier: Apache-2.0
// Espalier: optimizer steps, one value at a time.

#if !hasFeature(Embedded)
  #if canImport(Glibc)
    internal import Glibc
  #elseif canImport(Musl)
    internal import Musl
  #elseif canImport(Darwin)
    internal import Darwin
  #endif

  extension Reference {
    /// A value and what its optimizer remembers of it, in double precision.
    package struct Slot {
      package var value: Double
      package var first: Double
      package var second: Double
      package var age: Int

      package init(value: Double, first: Double = 0, second: Double = 0, age: Int = 0) {
        self.value = value
        self.first = first
        self.second = second
        self.age = age
      }
    }

    /// Gradient descent; `first` is the momentum.
    package static func sgd(_ step: SGDStep, _ slot: inout Slot, gradient: Double) {
      let momentum = Double(step.momentum)
      let g = gradient * Double(step.gradientScale) + Double(step.decay) * slot.value
      slot.first = momentum * slot.first + g
      slot.value -= Double(step.rate) * (step.nesterov ? g + momentum * slot.first : slot.first)
    }

    /// Adam or AdamW; `first` and `second` are the moments.
    package static func adam(
      _ step: AdamStep, beta1: Double, beta2: Double, _ slot: inout Slot, gradient: Double
    ) {
      slot.age += 1
      let g = gradient * Double(step.gradientScale) + Double(step.decay) * slot.value
      slot.first = beta1 * slot.first + (1 - beta1) * g
      slot.second = beta2 * slot.second + (1 - beta2) * g * g
      let mean = slot.first / (1 - pow(beta1, Double(slot.age)))
      let square = slot.second / (1 - pow(beta2, Double(slot.age)))
      slot.value -= Double(step.rate) * Double(step.decoupledDecay) * slot.value
      slot.value -= Double(step.rate) * mean / (square.squareRoot() + Double(step.epsilon))
    }

    /// RMSProp; `second` is the mean square, `first` the momentum.
    package static func rmsprop(_ step: RMSPropStep, _ slot: inout Slot, gradient: Double) {
      let alpha = Double(step.alpha)
      let g = gradient * Double(step.gradientScale) + Double(step.decay) * slot.value
      slot.second = alpha * slot.second + (1 - alpha) * g * g
      slot.first = Double(step.momentum) * slot.first + g / (slot.second.squareRoot() + Double(step.epsilon))
      slot.value -= Double(step.rate) * slot.first
    }
  }
#endif
