// SPDX-License-Identifier: Apache-2.0
// Espalier: deep Q-learning at work.

internal import Environments
internal import NeuralNetworks
internal import SparseCore
internal import Training

/// An agent that learns the values of choices, see ``DQN``.
///
/// One thread uses it at a time, which makes `@unchecked Sendable` sound.
final class DQNAgent: Agent, @unchecked Sendable {
  private let recipe: DQN
  private let core: AgentCore
  private let choices: Int
  private let first: Int
  private let critic: NetworkLearner
  private let target: TargetNetwork
  let collector: ReplayCollector
  /// Passes of the online network over all worlds, and over next observations.
  private let actingPass: NetworkWorkspace
  private let choosingPass: NetworkWorkspace
  private var targets: [Float]
  private var loss = 0.0

  init(_ recipe: DQN, at site: AgentSite) throws(AgentError) {
    try recipe.validate()
    guard case .discrete(let choices, let first) = site.actionSpace, let form = ActionForm(site.actionSpace) else {
      throw .space(algorithm: "dqn", expected: "one discrete choice", got: site.actionSpace)
    }
    self.recipe = recipe
    self.choices = choices
    self.first = first
    core = AgentCore(site, form, normalizes: false)
    let rounds = max(0, site.steps - recipe.learningStart) / recipe.trainInterval
    critic = try core.learner(
      "critic", recipe.critic, inputs: core.encoder.width, outputs: choices + (recipe.isDuelling ? 1 : 0),
      batch: recipe.batchSize, gradientSteps: max(1, rounds * recipe.gradientSteps))
    target = TargetNetwork(
      of: critic, topology: recipe.targetTopology, batch: recipe.batchSize, workers: site.workers)
    collector = try ReplayCollector(recipe.replay, batch: recipe.batchSize, discount: recipe.discount, core: core)
    actingPass = critic.network.makeWorkspace(batch: site.worlds, training: false)
    choosingPass = critic.network.makeWorkspace(batch: recipe.batchSize, training: false)
    targets = [Float](repeating: 0, count: recipe.batchSize)
  }

  var policy: Policy {
    get throws(AgentError) {
      try Policy(
        network: critic.network, head: .values(isDuelling: recipe.isDuelling),
        observationSpace: core.site.observationSpace, actionSpace: core.site.actionSpace)
    }
  }

  var modules: [AgentModule] { [AgentModule("critic", critic)] }
  var steps: Int { core.steps }
  var gradientSteps: Int { core.gradientSteps }
  var replayBytes: Int { collector.replay.bytes }
  var measures: [AgentMeasure] { [AgentMeasure("loss", loss), AgentMeasure("exploration", exploration)] }

  /// The share of random actions now.
  private var exploration: Double {
    let share = min(1, core.progress / max(1e-9, recipe.explorationShare))
    return 1 + share * (recipe.finalExploration - 1)
  }

  func act(on observations: Span<Float>, into actions: inout MutableSpan<Float>) {
    core.encoder.write(observations, into: actingPass.input)
    let values = critic.network.forward(actingPass, pass: .inference(core.site.workers))
    var random = core.random.split("act").split(core.steps)
    let randomShare = core.steps < recipe.learningStart ? 1 : exploration
    for world in 0..<core.site.worlds {
      let choice =
        random.uniformDouble() < randomShare ? random.below(choices) : greatest(values, sample: world)
      collector.raw[world] = Float(choice)
      actions[world] = Float(first + choice)
    }
  }

  private func greatest(_ values: Activations, sample: Int) -> Int {
    var best = 0
    for choice in 1..<choices where values[choice, sample] > values[best, sample] { best = choice }
    return best
  }

  func learn(from observations: Span<Float>, _ results: VectorStep) throws(AgentError) {
    let worlds = core.site.worlds
    collector.take(observations, results)
    guard core.steps >= recipe.learningStart, collector.replay.buffer.count >= min(recipe.batchSize, 2) else { return }
    for _ in 0..<core.crossings(of: recipe.trainInterval, by: worlds) * recipe.gradientSteps { try update() }
    if core.crossings(of: recipe.targetInterval, by: worlds) > 0 {
      target.follow(critic, by: Float(recipe.targetShare))
    }
  }

  /// The value of a choice for a sample: V + A - mean A where the network duels.
  private func value(_ outputs: Activations, _ choice: Int, _ sample: Int) -> Float {
    guard recipe.isDuelling else { return outputs[choice, sample] }
    var sum: Float = 0
    for other in 0..<choices { sum += outputs[other, sample] }
    return outputs[choices, sample] + outputs[choice, sample] - sum / Float(choices)
  }

  private func update() throws(AgentError) {
    collector.draw()
    let batch = collector.batch
    core.encoder.write(batch.next, from: 0, into: target.input)
    let later = target.forward()
    var chosen = later
    if recipe.isDouble {
      core.encoder.write(batch.next, from: 0, into: choosingPass.input)
      chosen = critic.network.forward(choosingPass, pass: .inference(core.site.workers))
    }
    for sample in 0..<batch.size {
      let best = greatest(chosen, sample: sample)
      targets[sample] = batch.rewards[sample] + batch.discounts[sample] * value(later, best, sample)
    }
    try core.take("critic", critic) { demand in
      core.encoder.write(batch.inputs, from: 0, into: critic.workspace.input)
      let pass = critic.pass(demand)
      let outputs = critic.forward(pass)
      loss = writeGradient(outputs, critic.workspace.outputGradient)
      guard loss.isFinite else { return false }
      critic.backward(pass, demand, isWholeStep: true)
      return true
    }
    core.gradientSteps += 1
    collector.replay.learnPriorities(batch)
    collector.forget { distance() }
  }

  /// The mean Huber loss of the chosen values, and its gradient by the outputs.
  private func writeGradient(_ outputs: Activations, _ gradient: Activations) -> Double {
    let batch = collector.batch
    let observed = core.encoder.flatCount
    gradient.resize(samples: batch.size)
    gradient.fill(0)
    var sum = 0.0
    let share = 1 / Float(batch.size)
    for sample in 0..<batch.size {
      let choice = Int(batch.inputs[observed, sample])
      let error = value(outputs, choice, sample) - targets[sample]
      batch.errors[sample] = error
      let size = abs(error)
      sum += Double(batch.weights[sample] * (size <= 1 ? 0.5 * error * error : size - 0.5))
      let slope = batch.weights[sample] * share * min(1, max(-1, error))
      if recipe.isDuelling {
        for other in 0..<choices { gradient[other, sample] = -slope / Float(choices) }
        gradient[choice, sample] += slope
        gradient[choices, sample] = slope
      } else {
        gradient[choice, sample] = slope
      }
    }
    return sum * Double(share)
  }

  /// The share of the batch's choices that the policy of today would not make, twice: ‖difference of one-hot vectors‖².
  private func distance() -> Double {
    let batch = collector.batch
    core.encoder.write(batch.inputs, from: 0, into: choosingPass.input)
    let values = critic.network.forward(choosingPass, pass: .inference(core.site.workers))
    var others = 0
    for sample in 0..<batch.size
    where greatest(values, sample: sample) != Int(batch.inputs[core.encoder.flatCount, sample]) { others += 1 }
    return 2 * Double(others) / Double(batch.size)
  }

  func breakOff(at observations: Span<Float>) { collector.replay.buffer.cutNewest() }

  func write(to state: inout AgentState) throws(AgentError) {
    core.write(to: &state)
    try state.add("critic", critic)
    try state.add("target", target)
    state.add(collector.replay)
  }

  func restore(from state: AgentState) throws(AgentError) {
    try core.restore(from: state)
    try state.restore("critic", critic)
    try state.restore("target", target, online: critic)
    try collector.restore(from: state)
  }
}
