// SPDX-License-Identifier: Apache-2.0
// Espalier: twin delayed deep deterministic policy gradient at work.

internal import Environments
internal import NeuralNetworks
internal import SparseCore
internal import Training

/// An agent that learns by twin delayed deep deterministic policy gradient, see ``TD3``.
///
/// One thread uses it at a time, which makes `@unchecked Sendable` sound.
final class TD3Agent: Agent, @unchecked Sendable {
  private let recipe: TD3
  private let core: AgentCore
  private let actor: NetworkLearner
  private let target: TargetNetwork
  private let critics: TwinCritics
  private let collector: ReplayCollector
  private let actingPass: NetworkWorkspace
  private let batchPass: NetworkWorkspace
  /// The batch's observations as networks read them.
  private let observations: Activations
  /// The policy's actions for a batch, and the gradient of the mean value by them.
  private let actions: Activations
  private let valueGradient: Activations
  /// Noise of the targets' actions, as those lie in their blocks.
  private var noise: [Float]
  private var value = 0.0

  init(_ recipe: TD3, at site: AgentSite) throws(AgentError) {
    try recipe.validate()
    guard let form = ActionForm(site.actionSpace), case .numbers = form else {
      throw .space(algorithm: "td3", expected: "a box with bounds on all sides", got: site.actionSpace)
    }
    self.recipe = recipe
    core = AgentCore(site, form, normalizes: recipe.normalizesObservations)
    let rounds = max(0, site.steps - recipe.learningStart) / recipe.trainInterval
    let planned = max(1, rounds * recipe.gradientSteps)
    let (width, batch) = (core.encoder.width, recipe.batchSize)
    actor = try core.learner(
      "actor", recipe.actor, inputs: width, outputs: form.count, outputScale: 0.1, batch: batch,
      gradientSteps: max(1, planned / recipe.policyInterval))
    target = TargetNetwork(of: actor, topology: recipe.targetTopology, batch: batch, workers: site.workers)
    critics = try TwinCritics(
      recipe.critic, topology: recipe.targetTopology, batch: batch, gradientSteps: planned, core: core)
    collector = try ReplayCollector(recipe.replay, batch: batch, discount: recipe.discount, core: core)
    actingPass = actor.network.makeWorkspace(batch: site.worlds, training: false)
    batchPass = actor.network.makeWorkspace(batch: batch, training: false)
    observations = Activations(features: width, capacity: batch)
    actions = Activations(features: form.count, capacity: batch)
    valueGradient = Activations(features: form.count, capacity: batch)
    noise = [Float](repeating: 0, count: actions.blocks * actions.blockStride)
  }

  var policy: Policy {
    get throws(AgentError) {
      try Policy(
        network: actor.network, head: .squashed, observationSpace: core.site.observationSpace,
        actionSpace: core.site.actionSpace, scaling: core.encoder.scaling)
    }
  }

  var modules: [AgentModule] { [AgentModule("actor", actor)] + critics.modules }
  var steps: Int { core.steps }
  var gradientSteps: Int { core.gradientSteps }
  var replayBytes: Int { collector.replay.bytes }
  var measures: [AgentMeasure] { [AgentMeasure("critic loss", critics.loss), AgentMeasure("value", value)] }

  func act(on observations: Span<Float>, into actions: inout MutableSpan<Float>) {
    core.takeMoments(observations)
    var random = core.random.split("act").split(core.steps)
    if core.steps < recipe.learningStart {
      core.uniformActions(&random, into: &actions, raw: &collector.raw)
      return
    }
    core.encoder.write(observations, into: actingPass.input)
    let outputs = actor.network.forward(actingPass, pass: .inference(core.site.workers))
    let count = core.form.count
    for world in 0..<core.site.worlds {
      for index in 0..<count {
        let noise = Float(recipe.explorationNoise) * random.normal()
        let number = min(1, max(-1, Function.tangent(outputs[index, world]) + noise))
        collector.raw[world * count + index] = number
        actions[world * count + index] = core.form.stretched(number, index)
      }
    }
  }

  func learn(from observations: Span<Float>, _ results: VectorStep) throws(AgentError) {
    collector.take(observations, results)
    let rounds = collector.rounds(start: recipe.learningStart, interval: recipe.trainInterval)
    for _ in 0..<rounds * recipe.gradientSteps { try update() }
  }

  /// One gradient step of the critics and, when it is time, of the actor and the targets.
  func update() throws(AgentError) {
    collector.draw()
    let batch = collector.batch
    core.encoder.write(batch.inputs, from: 0, into: observations)
    writeGoals()
    try critics.learn(batch, observations: observations)
    core.gradientSteps += 1
    if core.gradientSteps.isMultiple(of: recipe.policyInterval) {
      try stepActor()
      critics.follow(by: recipe.targetShare)
      target.follow(actor, by: Float(recipe.targetShare))
    }
    collector.replay.learnPriorities(batch)
    collector.forget { collector.distance(to: actor, batchPass) }
  }

  /// r + γ min Q'(s', π'(s') + noise).
  private func writeGoals() {
    let batch = collector.batch
    core.encoder.write(batch.next, from: 0, into: target.input)
    let outputs = target.forward()
    var random = core.random.split("noise").split(core.gradientSteps)
    random.fillWithNormals(&noise)
    let (deviation, bound) = (Float(recipe.targetNoise), Float(recipe.targetNoiseBound))
    Kernels.activate(.tanh, outputs, into: actions, workers: core.site.workers)
    for block in 0..<actions.blocks {
      let stride = actions.blockStride
      actions.withMutableBlock(block) { actions in
        for place in 0..<stride {
          let shift = min(bound, max(-bound, deviation * noise[block * stride + place]))
          actions[place] = min(1, max(-1, actions[place] + shift))
        }
      }
    }
    critics.valueLater(target.input, actions)
    for sample in 0..<batch.size {
      critics.goals[sample] = batch.rewards[sample] + batch.discounts[sample] * critics.smallest[sample]
    }
  }

  private func stepActor() throws(AgentError) {
    try core.take("actor", actor) { demand in
      let input = actor.workspace.input
      input.resize(samples: observations.samples)
      input.write(observations, features: 0..<observations.features, at: 0)
      let pass = actor.pass(demand)
      let outputs = actor.forward(pass)
      Kernels.activate(.tanh, outputs, into: actions, workers: core.site.workers)
      value = critics.addValueGradient(observations, actions, both: false, into: valueGradient)
      guard value.isFinite else { return false }
      let gradient = actor.workspace.outputGradient
      gradient.resize(samples: recipe.batchSize)
      for block in 0..<gradient.blocks {
        let (stride, lanes, used) = (actions.blockStride, actions.lanes, actions.samples(inBlock: block))
        actions.withBlock(block) { actions in
          valueGradient.withBlock(block) { values in
            gradient.withMutableBlock(block) { gradient in
              for place in 0..<stride {
                let slope = -values[place] * (1 - actions[place] * actions[place])
                gradient[place] = place % lanes < used ? slope : 0
              }
            }
          }
        }
      }
      actor.backward(pass, demand, isWholeStep: true)
      return true
    }
  }

  func breakOff(at observations: Span<Float>) { collector.replay.buffer.cutNewest() }

  func write(to state: inout AgentState) throws(AgentError) {
    core.write(to: &state)
    try state.add("actor", actor)
    try state.add("target", target)
    try critics.write(to: &state)
    state.add(collector.replay)
  }

  func restore(from state: AgentState) throws(AgentError) {
    try core.restore(from: state)
    try state.restore("actor", actor)
    try state.restore("target", target, online: actor)
    try critics.restore(from: state)
    try collector.restore(from: state)
  }
}
