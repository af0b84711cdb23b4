// SPDX-License-Identifier: Apache-2.0
// Espalier: soft actor-critic at work.

internal import Environments
internal import NeuralNetworks
internal import SparseCore
internal import Training

/// An agent that learns by soft actor-critic, see ``SAC``.
///
/// One thread uses it at a time, which makes `@unchecked Sendable` sound.
final class SACAgent: Agent, @unchecked Sendable {
  private let recipe: SAC
  private let core: AgentCore
  private let actor: NetworkLearner
  private let critics: TwinCritics
  private let collector: ReplayCollector
  private let actingPass: NetworkWorkspace
  private let nextPass: NetworkWorkspace
  /// The batch's observations as networks read them.
  private let observations: Activations
  private var draw: SquashedDraw
  /// The logarithm of the temperature.
  private var temperature: ScalarAdam
  private let targetEntropy: Double
  private var losses = (actor: 0.0, entropy: 0.0)

  init(_ recipe: SAC, at site: AgentSite) throws(AgentError) {
    try recipe.validate()
    guard let form = ActionForm(site.actionSpace), case .numbers = form else {
      throw .space(algorithm: "sac", expected: "a box with bounds on all sides", got: site.actionSpace)
    }
    self.recipe = recipe
    core = AgentCore(site, form, normalizes: recipe.normalizesObservations)
    let rounds = max(0, site.steps - recipe.learningStart) / recipe.trainInterval
    let planned = max(1, rounds * recipe.gradientSteps)
    let width = core.encoder.width
    actor = try core.learner(
      "actor", recipe.actor, inputs: width, outputs: 2 * form.count, outputScale: 0.1, batch: recipe.batchSize,
      gradientSteps: planned)
    critics = try TwinCritics(
      recipe.critic, topology: recipe.targetTopology, batch: recipe.batchSize, gradientSteps: planned, core: core)
    collector = try ReplayCollector(recipe.replay, batch: recipe.batchSize, discount: recipe.discount, core: core)
    actingPass = actor.network.makeWorkspace(batch: site.worlds, training: false)
    nextPass = actor.network.makeWorkspace(batch: recipe.batchSize, training: false)
    observations = Activations(features: width, capacity: recipe.batchSize)
    draw = SquashedDraw(count: form.count, batch: recipe.batchSize)
    temperature = ScalarAdam([Function.logarithm(max(1e-12, recipe.temperature ?? 1))])
    targetEntropy = recipe.targetEntropy ?? -Double(form.count)
  }

  var policy: Policy {
    get throws(AgentError) {
      try Policy(
        network: actor.network, head: .squashedGaussian, observationSpace: core.site.observationSpace,
        actionSpace: core.site.actionSpace, scaling: core.encoder.scaling)
    }
  }

  var modules: [AgentModule] { [AgentModule("actor", actor)] + critics.modules }
  var steps: Int { core.steps }
  var gradientSteps: Int { core.gradientSteps }
  var replayBytes: Int { collector.replay.bytes }
  var measures: [AgentMeasure] {
    [
      AgentMeasure("critic loss", critics.loss), AgentMeasure("actor loss", losses.actor),
      AgentMeasure("entropy", losses.entropy), AgentMeasure("temperature", heat),
    ]
  }

  private var heat: Double { Function.exponential(temperature.values[0]) }

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
        let deviation = Function.exponential(SquashedDraw.clamped(outputs[count + index, world]))
        let number = Function.tangent(outputs[index, world] + deviation * random.normal())
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

  /// One gradient step of everything, on a batch drawn anew.
  func update() throws(AgentError) {
    collector.draw()
    let batch = collector.batch
    core.encoder.write(batch.inputs, from: 0, into: observations)
    let stream = core.random.split("noise").split(core.gradientSteps)
    writeGoals(stream.split(0))
    try critics.learn(batch, observations: observations)
    try stepActor(stream.split(1))
    if recipe.temperature == nil {
      temperature.step(gradient: [losses.entropy - targetEntropy], rate: recipe.temperatureRate)
    }
    critics.follow(by: recipe.targetShare)
    core.gradientSteps += 1
    collector.replay.learnPriorities(batch)
    collector.forget { collector.distance(to: actor, nextPass) }
  }

  /// r + γ (min Q'(s', a') - α log π(a' | s')), a' drawn anew.
  private func writeGoals(_ random: Random) {
    let batch = collector.batch
    core.encoder.write(batch.next, from: 0, into: nextPass.input)
    let outputs = actor.network.forward(nextPass, pass: .inference(core.site.workers))
    draw.draw(outputs, random, workers: core.site.workers)
    critics.valueLater(nextPass.input, draw.actions)
    let heat = Float(heat)
    for sample in 0..<batch.size {
      let value = critics.smallest[sample] - heat * draw.logDensities[sample]
      critics.goals[sample] = batch.rewards[sample] + batch.discounts[sample] * value
    }
  }

  private func stepActor(_ random: Random) throws(AgentError) {
    let heat = Float(heat)
    try core.take("actor", actor) { demand in
      let input = actor.workspace.input
      input.resize(samples: observations.samples)
      input.write(observations, features: 0..<observations.features, at: 0)
      let pass = actor.pass(demand)
      let outputs = actor.forward(pass)
      draw.draw(outputs, random, workers: core.site.workers)
      let value = critics.addValueGradient(observations, draw.actions, both: true, into: draw.valueGradient)
      draw.writeGradient(heat: heat, outputs: outputs, into: actor.workspace.outputGradient)
      losses.entropy = -draw.meanLogDensity
      losses.actor = Double(heat) * draw.meanLogDensity - value
      guard losses.actor.isFinite else { return false }
      actor.backward(pass, demand, isWholeStep: true)
      return true
    }
  }

  func breakOff(at observations: Span<Float>) { collector.replay.buffer.cutNewest() }

  func write(to state: inout AgentState) throws(AgentError) {
    core.write(to: &state)
    try state.add("actor", actor)
    try critics.write(to: &state)
    state.add(collector.replay)
    state.add("sac.temperature", temperature.numbers)
  }

  func restore(from state: AgentState) throws(AgentError) {
    try core.restore(from: state)
    try state.restore("actor", actor)
    try critics.restore(from: state)
    try collector.restore(from: state)
    let numbers = try state.numbers("sac.temperature", count: temperature.numberCount)
    guard temperature.restore(numbers) else { throw .state(expected: "a temperature", got: "\(numbers)") }
  }
}
