// SPDX-License-Identifier: Apache-2.0
// Espalier: proximal policy optimisation, at work.

internal import Environments
internal import NeuralNetworks
internal import SparseCore
internal import Training

/// An agent that learns by proximal policy optimisation, see ``PPO``.
///
/// One thread uses it at a time, which makes `@unchecked Sendable` sound.
final class PPOAgent: Agent, @unchecked Sendable {
  private let recipe: PPO
  private let core: AgentCore
  private var head: StochasticHead
  private let actor: NetworkLearner
  let critic: NetworkLearner
  private(set) var rollout: Rollout
  /// The passes over all worlds, and over the final observations.
  private let actorPass: NetworkWorkspace
  private let criticPass: NetworkWorkspace
  private var raw: [Float]
  private var order: [Int]
  private var updates = 0
  private var losses = (policy: 0.0, value: 0.0, entropy: 0.0, divergence: 0.0)

  init(_ recipe: PPO, at site: AgentSite) throws(AgentError) {
    try recipe.validate()
    guard let form = ActionForm(site.actionSpace) else {
      throw .space(algorithm: "ppo", expected: "choices, or a box with bounds on all sides", got: site.actionSpace)
    }
    self.recipe = recipe
    core = AgentCore(site, form, normalizes: recipe.normalizesObservations)
    head = StochasticHead(form, firstDeviation: recipe.firstDeviation)
    // One that the run cannot fill is never learned from: it needs no more memory than the run fills.
    let length = min(recipe.rolloutLength, site.steps / site.worlds + 2)
    let rows = length * site.worlds
    let (numbers, isTooLarge) = rows.multipliedReportingOverflow(by: core.encoder.flatCount + form.count + 8)
    guard !isTooLarge, numbers < 1 << 40 else {
      throw .setting(name: "rollout x worlds", expected: "what a machine can hold", got: "\(rows) steps")
    }
    let batches = (rows + recipe.batchSize - 1) / recipe.batchSize
    let planned = max(1, site.steps / rows) * recipe.epochs * batches
    let batch = min(rows, recipe.batchSize)
    let width = core.encoder.width
    actor = try core.learner(
      "actor", recipe.actor, inputs: width, outputs: form.outputs, outputScale: 0.01, batch: batch,
      gradientSteps: planned)
    critic = try core.learner("critic", recipe.critic, inputs: width, outputs: 1, batch: batch, gradientSteps: planned)
    actorPass = actor.network.makeWorkspace(batch: site.worlds, training: false)
    criticPass = critic.network.makeWorkspace(batch: site.worlds, training: false)
    rollout = Rollout(
      length: length, worlds: site.worlds, observed: core.encoder.flatCount, acted: form.count)
    raw = [Float](repeating: 0, count: site.worlds * form.count)
    order = Array(0..<rows)
  }

  var policy: Policy {
    get throws(AgentError) {
      try Policy(
        network: actor.network, head: head.policyHead, observationSpace: core.site.observationSpace,
        actionSpace: core.site.actionSpace, scaling: core.encoder.scaling)
    }
  }

  var modules: [AgentModule] { [AgentModule("actor", actor), AgentModule("critic", critic)] }
  var steps: Int { core.steps }
  var gradientSteps: Int { core.gradientSteps }
  var replayBytes: Int { rollout.bytes }
  var measures: [AgentMeasure] {
    [
      AgentMeasure("policy loss", losses.policy), AgentMeasure("value loss", losses.value),
      AgentMeasure("entropy", losses.entropy), AgentMeasure("divergence", losses.divergence),
    ]
  }

  func act(on observations: Span<Float>, into actions: inout MutableSpan<Float>) {
    core.takeMoments(observations)
    let pass = Pass.inference(core.site.workers)
    core.encoder.write(observations, into: actorPass.input)
    let outputs = actor.network.forward(actorPass, pass: pass)
    var random = core.random.split("act").split(core.steps)
    let row = rollout.filled * core.site.worlds
    for world in 0..<core.site.worlds {
      rollout.logProbabilities[row + world] = head.draw(
        outputs, sample: world, raw: &raw, action: &actions, at: world * core.form.count, random: &random)
    }
    rollout.write(observations: observations, actions: raw.span)
    writeValues(of: observations, at: row)
  }

  /// The critic's values of what all worlds show.
  private func writeValues(of observations: Span<Float>, at row: Int) {
    core.encoder.write(observations, into: criticPass.input)
    let values = critic.network.forward(criticPass, pass: .inference(core.site.workers))
    for world in 0..<core.site.worlds { rollout.values[row + world] = values[0, world] }
  }

  func learn(from observations: Span<Float>, _ results: VectorStep) throws(AgentError) {
    let worlds = core.site.worlds
    let row = rollout.filled * worlds
    for world in 0..<worlds {
      rollout.rewards[row + world] = Float(results.rewards[world])
      rollout.ends[row + world] = results.endings[world] != nil
    }
    if results.endings.contains(.truncated) {
      addLaterValues(of: results.finalObservations.span, row) { results.endings[$0] == .truncated }
    }
    rollout.filled += 1
    core.steps += worlds
    guard rollout.filled == rollout.length else { return }
    writeValues(of: results.observations.span, at: row + worlds)
    rollout.estimate(discount: Float(recipe.discount), lambda: Float(recipe.lambda))
    try update()
    rollout.filled = 0
    core.refreshScaling()
  }

  /// What would have come after a cut has a value: it joins the reward of the step that begins at `row`.
  private func addLaterValues(of observations: Span<Float>, _ row: Int, where isCut: (_ world: Int) -> Bool) {
    let worlds = core.site.worlds
    writeValues(of: observations, at: row + worlds)
    for world in 0..<worlds where isCut(world) {
      rollout.rewards[row + world] += Float(recipe.discount) * rollout.values[row + worlds + world]
    }
  }

  func breakOff(at observations: Span<Float>) {
    guard rollout.filled > 0 else { return }
    let row = (rollout.filled - 1) * core.site.worlds
    addLaterValues(of: observations, row) { !rollout.ends[row + $0] }
    for world in 0..<core.site.worlds { rollout.ends[row + world] = true }
  }

  private func update() throws(AgentError) {
    let stream = core.random.split("order").split(updates)
    updates += 1
    let factor = recipe.clipFalls ? max(0, 1 - Double(core.steps) / Double(core.site.steps)) : 1
    let clip = Float(recipe.clipRange * factor)
    for epoch in 0..<recipe.epochs {
      for index in order.indices { order[index] = index }
      var random = stream.split(epoch)
      random.shuffle(&order)
      var (divergence, batches) = (0.0, 0.0)
      for start in stride(from: 0, to: order.count, by: recipe.batchSize) {
        let range = start..<min(order.count, start + recipe.batchSize)
        try stepActor(range, clip)
        try stepCritic(range)
        core.gradientSteps += 1
        divergence += losses.divergence
        batches += 1
      }
      if let most = recipe.targetDivergence, divergence / batches > most { break }
    }
  }

  private func stepActor(_ range: Range<Int>, _ clip: Float) throws(AgentError) {
    let (mean, scale) = advantageMoments(range)
    let share = 1 / Float(range.count)
    let entropyWeight = Float(recipe.entropyCoefficient)
    let acted = core.form.count
    var sums = (policy: 0.0, entropy: 0.0, divergence: 0.0)
    let rate = Double(recipe.actor.optimizer.learningRate) * actor.rateFactor
    try core.take("actor", actor) { demand in
      fill(actor.workspace.input, range)
      let pass = actor.pass(demand)
      let outputs = actor.forward(pass)
      let gradient = actor.workspace.outputGradient
      gradient.resize(samples: range.count)
      gradient.fill(0)
      for (sample, place) in range.enumerated() {
        let row = order[place]
        let advantage = (rollout.advantages[row] - mean) * scale
        let (logProbability, entropy) = head.evaluate(
          outputs, sample: sample, raw: rollout.actions, at: row * acted)
        let change = logProbability - rollout.logProbabilities[row]
        let ratio = Function.exponential(change)
        let clipped = min(1 + clip, max(1 - clip, ratio))
        let isOpen = ratio * advantage <= clipped * advantage
        sums.policy -= Double(min(ratio * advantage, clipped * advantage))
        sums.entropy += Double(entropy)
        sums.divergence += Double(ratio - 1 - change)
        head.addGradient(
          of: rollout.actions, at: row * acted, byLogProbability: isOpen ? -advantage * ratio * share : 0,
          byEntropy: -entropyWeight * share, sample: sample, into: gradient)
      }
      guard sums.policy.isFinite, sums.entropy.isFinite else { return false }
      actor.backward(pass, demand, isWholeStep: true)
      return true
    }
    head.stepDeviations(rate: rate)
    losses.policy = sums.policy * Double(share)
    losses.entropy = sums.entropy * Double(share)
    losses.divergence = sums.divergence * Double(share)
  }

  private func stepCritic(_ range: Range<Int>) throws(AgentError) {
    let share = 1 / Float(range.count)
    var sum = 0.0
    try core.take("critic", critic) { demand in
      fill(critic.workspace.input, range)
      let pass = critic.pass(demand)
      let outputs = critic.forward(pass)
      let gradient = critic.workspace.outputGradient
      gradient.resize(samples: range.count)
      gradient.fill(0)
      for (sample, place) in range.enumerated() {
        let error = outputs[0, sample] - rollout.returns[order[place]]
        sum += Double(error * error)
        gradient[0, sample] = error * share
      }
      guard sum.isFinite else { return false }
      critic.backward(pass, demand, isWholeStep: true)
      return true
    }
    losses.value = sum * Double(share) / 2
  }

  /// Writes the observations of a batch into a network's input.
  private func fill(_ input: Activations, _ range: Range<Int>) {
    input.resize(samples: range.count)
    let size = core.encoder.flatCount
    rollout.observations.values.withSpan { values in
      for (sample, place) in range.enumerated() {
        let row = order[place]
        core.encoder.write(values.extracting(row * size..<(row + 1) * size), sample: sample, into: input)
      }
    }
  }

  private func advantageMoments(_ range: Range<Int>) -> (mean: Float, scale: Float) {
    guard recipe.normalizesAdvantages, range.count > 1 else { return (0, 1) }
    var (sum, squares) = (0.0, 0.0)
    for place in range { sum += Double(rollout.advantages[order[place]]) }
    let mean = sum / Double(range.count)
    for place in range {
      let distance = Double(rollout.advantages[order[place]]) - mean
      squares += distance * distance
    }
    let deviation = (squares / Double(range.count - 1)).squareRoot()
    return (Float(mean), Float(1 / (deviation + 1e-8)))
  }

  func write(to state: inout AgentState) throws(AgentError) {
    core.write(to: &state)
    try state.add("actor", actor)
    try state.add("critic", critic)
    rollout.write(to: &state)
    state.add("ppo.updates", [updates])
    state.add("ppo.deviations", head.logDeviations.numbers)
  }

  func restore(from state: AgentState) throws(AgentError) {
    try core.restore(from: state)
    try state.restore("actor", actor)
    try state.restore("critic", critic)
    try rollout.restore(from: state, WorldCheck(core.site.observationSpace), core.form)
    updates = try state.integers("ppo.updates", count: 1)[0]
    guard AgentState.counts.contains(updates) else { throw .state(expected: "a count of updates", got: "\(updates)") }
    let deviations = try state.numbers("ppo.deviations", count: head.logDeviations.numberCount)
    guard head.logDeviations.restore(deviations) else { throw .state(expected: "deviations", got: "others") }
  }
}
