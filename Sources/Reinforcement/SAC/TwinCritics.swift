// SPDX-License-Identifier: Apache-2.0
// Espalier: two critics against overestimation.

internal import Environments
internal import NeuralNetworks
internal import SparseCore
internal import Training

/// Two critics of observation and action with their targets, of which the smaller value counts.
///
/// Source: S. Fujimoto, H. van Hoof, D. Meger, *Addressing Function Approximation Error in Actor-Critic Methods*, ICML 2018,
/// section 4.2, arXiv 1802.09477.
final class TwinCritics {
  let learners: [NetworkLearner]
  private let targets: [TargetNetwork]
  private let core: AgentCore
  private let size: Int
  /// The gradient of each critic by its input.
  private let inputGradients: [Activations]
  /// What a batch's values should be.
  var goals: [Float]
  /// The smaller target value of each sample.
  private(set) var smallest: [Float]
  private(set) var loss = 0.0

  init(
    _ recipe: ModuleRecipe, topology: TargetTopology, batch: Int, gradientSteps: Int, core: AgentCore
  ) throws(AgentError) {
    self.core = core
    size = batch
    let inputs = core.encoder.width + core.form.count
    var learners: [NetworkLearner] = []
    for index in 1...2 {
      learners.append(
        try core.learner(
          "critic \(index)", recipe, inputs: inputs, outputs: 1, outputScale: 0.1, batch: batch,
          gradientSteps: gradientSteps))
    }
    self.learners = learners
    targets = learners.map {
      TargetNetwork(of: $0, topology: topology, batch: batch, workers: core.site.workers)
    }
    inputGradients = learners.map { _ in Activations(features: inputs, capacity: batch) }
    goals = [Float](repeating: 0, count: batch)
    smallest = goals
  }

  /// Writes the smaller target value of next observations and actions to ``smallest``.
  ///
  /// - Parameters:
  ///   - observations: as networks read them, `[width, samples]`.
  ///   - actions: between -1 and 1, `[numbers, samples]`.
  func valueLater(_ observations: Activations, _ actions: Activations) {
    for (index, target) in targets.enumerated() {
      fill(target.input, observations, actions, from: 0)
      let values = target.forward()
      let lanes = values.lanes
      for block in 0..<values.blocks {
        values.withBlock(block) { values in
          for lane in 0..<min(lanes, size - block * lanes) {
            let value = values[lane]
            let sample = block * lanes + lane
            smallest[sample] = index == 0 ? value : min(smallest[sample], value)
          }
        }
      }
    }
  }

  private func fill(_ input: Activations, _ observations: Activations, _ actions: Activations, from start: Int) {
    let width = core.encoder.width
    input.write(observations, features: 0..<width, at: 0)
    input.write(actions, features: start..<start + core.form.count, at: width)
  }

  /// One gradient step of both critics towards ``goals``, by the mean squared error.
  ///
  /// - Parameter observations: those of the batch as networks read them.
  func learn(_ batch: ReplayBatch, observations: Activations) throws(AgentError) {
    loss = 0
    for sample in 0..<size { batch.errors[sample] = 0 }
    for (index, learner) in learners.enumerated() {
      var sum = 0.0
      try core.take("critic \(index + 1)", learner) { demand in
        fill(learner.workspace.input, observations, batch.inputs, from: core.encoder.flatCount)
        let pass = learner.pass(demand)
        let values = learner.forward(pass)
        sum = writeGradient(of: values, batch, into: learner.workspace.outputGradient)
        guard sum.isFinite else { return false }
        learner.backward(pass, demand, isWholeStep: true)
        return true
      }
      loss += sum / Double(2 * size)
    }
  }

  /// The sum of weighted squared errors, and the gradient of their mean by the values; adds half the errors to those of the batch.
  private func writeGradient(of values: Activations, _ batch: ReplayBatch, into gradient: Activations) -> Double {
    gradient.resize(samples: size)
    gradient.fill(0)
    let (lanes, share) = (values.lanes, 2 / Float(size))
    var sum = 0.0
    for block in 0..<values.blocks {
      values.withBlock(block) { values in
        gradient.withMutableBlock(block) { gradient in
          for lane in 0..<min(lanes, size - block * lanes) {
            let sample = block * lanes + lane
            let error = values[lane] - goals[sample]
            let weight = batch.weights[sample]
            batch.errors[sample] += abs(error) / 2
            sum += Double(weight * error * error)
            gradient[lane] = weight * error * share
          }
        }
      }
    }
    return sum
  }

  /// The gradient by the actions of the mean value that a policy maximises: of the smaller critic, or of the first one.
  ///
  /// - Parameters:
  ///   - actions: of the policy, `[numbers, samples]`, between -1 and 1.
  ///   - both: whether the smaller of both values counts for each sample, else that of the first critic.
  ///   - gradient: takes d(mean value)/d(action), `[numbers, samples]`.
  /// - Returns: the mean value.
  func addValueGradient(
    _ observations: Activations, _ actions: Activations, both: Bool, into gradient: Activations
  ) -> Double {
    let share = 1 / Float(size)
    let used = both ? learners[...] : learners[..<1]
    let pass = Pass(isTraining: true, workers: core.site.workers, random: core.random)
    for learner in used {
      fill(learner.workspace.input, observations, actions, from: 0)
      learner.network.forward(learner.workspace, pass: pass)
    }
    let sum = chooseSmaller(both: both, share)
    gradient.resize(samples: size)
    gradient.fill(0)
    for (index, learner) in used.enumerated() {
      learner.network.backwardToInput(learner.workspace, pass: pass, inputGradient: inputGradients[index])
      let width = core.encoder.width
      let lanes = gradient.lanes
      for block in 0..<gradient.blocks {
        inputGradients[index].withBlock(block) { source in
          gradient.withMutableBlock(block) { target in
            for place in 0..<core.form.count * lanes { target[place] += source[width * lanes + place] }
          }
        }
      }
    }
    return sum * Double(share)
  }

  /// Writes to each critic's output gradient `share` where its value is the one that counts, else 0; the sum of those that count.
  private func chooseSmaller(both: Bool, _ share: Float) -> Double {
    let (first, second) = (learners[0].workspace, learners[1].workspace)
    for workspace in [first, second] {
      workspace.outputGradient.resize(samples: size)
      workspace.outputGradient.fill(0)
    }
    let lanes = first.output.lanes
    var sum = 0.0
    for block in 0..<first.output.blocks {
      first.output.withBlock(block) { values in
        second.output.withBlock(block) { others in
          first.outputGradient.withMutableBlock(block) { slopes in
            second.outputGradient.withMutableBlock(block) { otherSlopes in
              for lane in 0..<min(lanes, size - block * lanes) {
                let isFirst = !both || values[lane] <= others[lane]
                sum += Double(isFirst ? values[lane] : others[lane])
                if isFirst { slopes[lane] = share } else { otherSlopes[lane] = share }
              }
            }
          }
        }
      }
    }
    return sum
  }

  /// Moves the targets towards the critics.
  func follow(by share: Double) {
    for (target, learner) in zip(targets, learners) { target.follow(learner, by: Float(share)) }
  }

  var modules: [AgentModule] { learners.enumerated().map { AgentModule("critic \($0.offset + 1)", $0.element) } }

  func write(to state: inout AgentState) throws(AgentError) {
    for (index, (learner, target)) in zip(learners, targets).enumerated() {
      try state.add("critic\(index + 1)", learner)
      try state.add("target\(index + 1)", target)
    }
  }

  func restore(from state: AgentState) throws(AgentError) {
    for (index, (learner, target)) in zip(learners, targets).enumerated() {
      try state.restore("critic\(index + 1)", learner)
      try state.restore("target\(index + 1)", target, online: learner)
    }
  }
}
