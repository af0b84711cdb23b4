// SPDX-License-Identifier: Apache-2.0
// Espalier: probabilities of actions and their gradients.

internal import SparseCore

/// The distribution that a policy network's outputs stand for, with its free numbers: choices by softmax, or a normal distribution
/// whose deviations do not depend on the state.
///
/// What policy-gradient methods share.
struct StochasticHead: Sendable {
  let form: ActionForm
  /// Logarithms of the deviations of a normal distribution; empty for choices.
  var logDeviations: ScalarAdam
  private var deviationGradient: [Double]
  private var outputs: [Float]

  init(_ form: ActionForm, firstDeviation: Double) {
    self.form = form
    var count = 0
    if case .numbers = form { count = form.count }
    logDeviations = ScalarAdam([Double](repeating: Function.logarithm(firstDeviation), count: count))
    deviationGradient = [Double](repeating: 0, count: count)
    outputs = [Float](repeating: 0, count: form.outputs)
  }

  /// The head of the policy as it is now.
  var policyHead: PolicyHead {
    if case .choices = form { return .categorical }
    return .gaussian(logDeviations: logDeviations.values.map { Float($0) })
  }

  /// Draws an action for a sample of a pass.
  ///
  /// - Parameters:
  ///   - raw: takes the action as the learner sees it: choices from 0, or numbers before they are clipped and stretched.
  ///   - start: where in `raw` and `action` it goes.
  /// - Returns: the logarithm of its probability or density.
  mutating func draw(
    _ result: Activations, sample: Int, raw: inout [Float], action: inout MutableSpan<Float>, at start: Int,
    random: inout Random
  ) -> Float {
    load(result, sample)
    switch form {
    case .choices(let counts, let first):
      var place = 0
      for index in counts.indices {
        let chosen = ActionForm.drawn(outputs, place, counts[index], nil, &random)
        raw[start + index] = Float(chosen)
        action[start + index] = Float(first + chosen)
        place += counts[index]
      }
    case .numbers:
      for index in 0..<form.count {
        let deviation = Function.exponential(Float(logDeviations.values[index]))
        raw[start + index] = outputs[index] + deviation * random.normal()
        action[start + index] = form.stretched(raw[start + index], index)
      }
    }
    return evaluate(raw, at: start).logProbability
  }

  /// The logarithm of the probability or density of an action, and the entropy, for a sample of a pass.
  mutating func evaluate(
    _ result: Activations, sample: Int, raw: [Float], at start: Int
  ) -> (logProbability: Float, entropy: Float) {
    load(result, sample)
    return evaluate(raw, at: start)
  }

  /// Writes the gradient by the outputs of `byLogProbability` x log p + `byEntropy` x entropy, for the sample that was evaluated
  /// last, and adds that by the deviations.
  mutating func addGradient(
    of raw: [Float], at start: Int, byLogProbability: Float, byEntropy: Float, sample: Int, into gradient: Activations
  ) {
    switch form {
    case .choices(let counts, _):
      var place = 0
      for index in counts.indices {
        let chosen = Int(raw[start + index])
        let count = counts[index]
        let (greatest, sum) = normalizer(place, count)
        let logSum = Function.logarithm(sum)
        var entropy: Float = 0
        for choice in 0..<count {
          let log = outputs[place + choice] - greatest - logSum
          entropy -= Function.exponential(log) * log
        }
        for choice in 0..<count {
          let log = outputs[place + choice] - greatest - logSum
          let probability = Function.exponential(log)
          gradient[place + choice, sample] =
            byLogProbability * ((choice == chosen ? 1 : 0) - probability) - byEntropy * probability * (log + entropy)
        }
        place += count
      }
    case .numbers:
      for index in 0..<form.count {
        let deviation = Function.exponential(Float(logDeviations.values[index]))
        let distance = (raw[start + index] - outputs[index]) / deviation
        gradient[index, sample] = byLogProbability * distance / deviation
        deviationGradient[index] += Double(byLogProbability * (distance * distance - 1) + byEntropy)
      }
    }
  }

  /// Takes a step of the deviations against what has been added up.
  mutating func stepDeviations(rate: Double) {
    guard !deviationGradient.isEmpty else { return }
    logDeviations.step(gradient: deviationGradient, rate: rate)
    for index in deviationGradient.indices { deviationGradient[index] = 0 }
  }

  private mutating func load(_ result: Activations, _ sample: Int) {
    for index in outputs.indices { outputs[index] = result[index, sample] }
  }

  private func normalizer(_ place: Int, _ count: Int) -> (greatest: Float, sum: Float) {
    var greatest = outputs[place]
    for choice in 1..<max(1, count) { greatest = max(greatest, outputs[place + choice]) }
    var sum: Float = 0
    for choice in 0..<count { sum += Function.exponential(outputs[place + choice] - greatest) }
    return (greatest, sum)
  }

  private func evaluate(_ raw: [Float], at start: Int) -> (logProbability: Float, entropy: Float) {
    var (total, entropy) = (Float(0), Float(0))
    switch form {
    case .choices(let counts, _):
      var place = 0
      for index in counts.indices {
        let (greatest, sum) = normalizer(place, counts[index])
        let logSum = Function.logarithm(sum)
        total += outputs[place + Int(raw[start + index])] - greatest - logSum
        for choice in 0..<counts[index] {
          let log = outputs[place + choice] - greatest - logSum
          entropy -= Function.exponential(log) * log
        }
        place += counts[index]
      }
    case .numbers:
      for index in 0..<form.count {
        let log = Float(logDeviations.values[index])
        let distance = (raw[start + index] - outputs[index]) / Function.exponential(log)
        total -= 0.5 * distance * distance + log + 0.9189385
        entropy += log + 1.4189385
      }
    }
    return (total, entropy)
  }
}
