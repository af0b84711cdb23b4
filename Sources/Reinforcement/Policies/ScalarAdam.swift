// SPDX-License-Identifier: Apache-2.0
// Espalier: Adam for a few free numbers.

/// Adam for parameters outside networks: logarithms of deviations, SAC's temperature.
///
/// Source: D. Kingma, J. Ba, *Adam*, ICLR 2015, algorithm 1, arXiv 1412.6980.
struct ScalarAdam: Sendable, Equatable {
  /// The trained numbers.
  private(set) var values: [Double]
  private var first: [Double]
  private var second: [Double]
  private var steps = 0
  private static let (beta1, beta2, epsilon) = (0.9, 0.999, 1e-8)

  init(_ values: [Double]) {
    self.values = values
    first = values.map { _ in 0 }
    second = first
  }

  /// Takes a step against the gradient.
  mutating func step(gradient: [Double], rate: Double) {
    steps += 1
    let correction1 = 1 - Function.power(Self.beta1, steps)
    let correction2 = 1 - Function.power(Self.beta2, steps)
    for index in values.indices {
      first[index] = Self.beta1 * first[index] + (1 - Self.beta1) * gradient[index]
      second[index] = Self.beta2 * second[index] + (1 - Self.beta2) * gradient[index] * gradient[index]
      values[index] -=
        rate * first[index] / correction1 / ((second[index] / correction2).squareRoot() + Self.epsilon)
    }
  }

  /// Everything, for a saved state.
  var numbers: [Double] { values + first + second + [Double(steps)] }

  /// How many ``numbers`` there are.
  var numberCount: Int { 3 * values.count + 1 }

  /// Takes up ``numbers``; false when they are none.
  mutating func restore(_ numbers: [Double]) -> Bool {
    let count = values.count
    guard numbers.count == numberCount, let steps = Int(exactly: numbers[3 * count]), steps >= 0,
      numbers[2 * count..<3 * count].allSatisfy({ $0 >= 0 })
    else { return false }
    values = Array(numbers[..<count])
    first = Array(numbers[count..<2 * count])
    second = Array(numbers[2 * count..<3 * count])
    self.steps = steps
    return true
  }
}
