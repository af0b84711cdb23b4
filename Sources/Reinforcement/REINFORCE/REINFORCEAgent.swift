// SPDX-License-Identifier: Apache-2.0
// Espalier: REINFORCE at work.

internal import Environments
internal import NeuralNetworks
internal import SparseCore
internal import Training

/// An agent that learns by REINFORCE, see there.
///
/// One thread uses it at a time, which makes `@unchecked Sendable` sound.
final class REINFORCEAgent: Agent, @unchecked Sendable {
  private let recipe: REINFORCE
  private let core: AgentCore
  private var head: StochasticHead
  private let actor: NetworkLearner
  private let actingPass: NetworkWorkspace
  private var raw: [Float]
  /// The steps of each world since the last update, in order.
  private(set) var paths: [Path]
  private var loss = 0.0

  /// What happened in one world.
  struct Path {
    var observations: [Float] = []
    var actions: [Float] = []
    var rewards: [Float] = []
    /// Steps up to the end of the last whole episode.
    var whole = 0
    /// After which steps an episode ended.
    var ends: [Bool] = []
  }

  init(_ recipe: REINFORCE, at site: AgentSite) throws(AgentError) {
    try recipe.validate()
    guard let form = ActionForm(site.actionSpace) else {
      throw .space(
        algorithm: "reinforce", expected: "choices, or a box with bounds on all sides", got: site.actionSpace)
    }
    self.recipe = recipe
    core = AgentCore(site, form, normalizes: false)
    head = StochasticHead(form, firstDeviation: recipe.firstDeviation)
    // How many updates a run has depends on its episodes; schedules take this many.
    let planned = max(1, site.steps / min(recipe.mostSteps, 100 * recipe.episodes))
    actor = try core.learner(
      "actor", recipe.actor, inputs: core.encoder.width, outputs: form.outputs, outputScale: 0.01,
      batch: min(256, recipe.mostSteps), gradientSteps: planned)
    actingPass = actor.network.makeWorkspace(batch: site.worlds, training: false)
    raw = [Float](repeating: 0, count: site.worlds * form.count)
    paths = [Path](repeating: Path(), count: site.worlds)
  }

  var policy: Policy {
    get throws(AgentError) {
      try Policy(
        network: actor.network, head: head.policyHead, observationSpace: core.site.observationSpace,
        actionSpace: core.site.actionSpace)
    }
  }

  var modules: [AgentModule] { [AgentModule("actor", actor)] }
  var steps: Int { core.steps }
  var gradientSteps: Int { core.gradientSteps }
  var replayBytes: Int {
    paths.reduce(0) { $0 + 4 * ($1.observations.count + $1.actions.count + $1.rewards.count) + $1.ends.count }
  }
  var measures: [AgentMeasure] { [AgentMeasure("policy loss", loss)] }

  func act(on observations: Span<Float>, into actions: inout MutableSpan<Float>) {
    core.encoder.write(observations, into: actingPass.input)
    let outputs = actor.network.forward(actingPass, pass: .inference(core.site.workers))
    var random = core.random.split("act").split(core.steps)
    for world in 0..<core.site.worlds {
      _ = head.draw(
        outputs, sample: world, raw: &raw, action: &actions, at: world * core.form.count, random: &random)
    }
  }

  func learn(from observations: Span<Float>, _ results: VectorStep) throws(AgentError) {
    let (size, acted) = (core.encoder.flatCount, core.form.count)
    for world in 0..<core.site.worlds {
      for index in 0..<size { paths[world].observations.append(observations[world * size + index]) }
      for index in 0..<acted { paths[world].actions.append(raw[world * acted + index]) }
      paths[world].rewards.append(Float(results.rewards[world]))
      let isOver = results.endings[world] != nil
      paths[world].ends.append(isOver)
      if isOver { paths[world].whole = paths[world].rewards.count }
    }
    core.steps += core.site.worlds
    let episodes = paths.reduce(0) { $0 + $1.ends.count { $0 } }
    let steps = paths.reduce(0) { $0 + $1.rewards.count }
    if steps >= recipe.mostSteps {
      // Episodes that take longer than an update may: what there is of them counts.
      for world in paths.indices { paths[world].whole = paths[world].rewards.count }
      try update()
    } else if episodes >= recipe.episodes {
      try update()
    }
  }

  /// The returns-to-go of all whole episodes, shifted and scaled, with where each step lies.
  private func weighedSteps() -> (places: [(world: Int, step: Int)], weights: [Float]) {
    var places: [(world: Int, step: Int)] = []
    var weights: [Float] = []
    for world in paths.indices {
      let path = paths[world]
      var returns = [Float](repeating: 0, count: path.whole)
      var sum: Float = 0
      for step in stride(from: path.whole - 1, through: 0, by: -1) {
        sum = path.rewards[step] + (path.ends[step] ? 0 : Float(recipe.discount) * sum)
        returns[step] = sum
      }
      for step in 0..<path.whole {
        places.append((world, step))
        weights.append(returns[step])
      }
    }
    let count = Float(max(1, weights.count))
    let mean = weights.reduce(0, +) / count
    let deviation = (weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    for index in weights.indices { weights[index] = (weights[index] - mean) / (deviation + 1e-8) }
    return (places, weights)
  }

  private func update() throws(AgentError) {
    let (places, weights) = weighedSteps()
    let acted = core.form.count
    let share = 1 / Float(max(1, places.count))
    let entropyWeight = Float(recipe.entropyCoefficient)
    var sum = 0.0
    let rate = Double(recipe.actor.optimizer.learningRate) * actor.rateFactor
    try core.take("actor", actor) { demand in
      let capacity = actor.workspace.input.capacity
      for start in stride(from: 0, to: places.count, by: capacity) {
        let range = start..<min(places.count, start + capacity)
        fill(actor.workspace.input, places[range])
        let pass = actor.pass(demand, index: start / capacity, isLast: range.upperBound == places.count)
        let outputs = actor.forward(pass)
        let gradient = actor.workspace.outputGradient
        gradient.resize(samples: range.count)
        gradient.fill(0)
        for (sample, index) in range.enumerated() {
          let (world, step) = places[index]
          let raw = paths[world].actions
          let logProbability = head.evaluate(outputs, sample: sample, raw: raw, at: step * acted).logProbability
          sum -= Double(weights[index] * logProbability)
          head.addGradient(
            of: raw, at: step * acted, byLogProbability: -weights[index] * share, byEntropy: -entropyWeight * share,
            sample: sample, into: gradient)
        }
        guard sum.isFinite else { return false }
        actor.backward(pass, demand, isWholeStep: places.count <= capacity)
      }
      return true
    }
    head.stepDeviations(rate: rate)
    loss = sum * Double(share)
    core.gradientSteps += 1
    forgetWhole()
  }

  private func fill(_ input: Activations, _ places: ArraySlice<(world: Int, step: Int)>) {
    input.resize(samples: places.count)
    let size = core.encoder.flatCount
    for (sample, place) in places.enumerated() {
      let observations = paths[place.world].observations
      core.encoder.write(
        observations.span.extracting(place.step * size..<(place.step + 1) * size), sample: sample, into: input)
    }
  }

  /// Whole episodes have been used; what has begun stays for the next update.
  private func forgetWhole() {
    for world in paths.indices {
      let whole = paths[world].whole
      paths[world].observations.removeFirst(whole * core.encoder.flatCount)
      paths[world].actions.removeFirst(whole * core.form.count)
      paths[world].rewards.removeFirst(whole)
      paths[world].ends.removeFirst(whole)
      paths[world].whole = 0
    }
  }

  func breakOff(at observations: Span<Float>) {
    for world in paths.indices where !paths[world].ends.isEmpty {
      paths[world].ends[paths[world].ends.count - 1] = true
      paths[world].whole = paths[world].rewards.count
    }
  }

  func write(to state: inout AgentState) throws(AgentError) {
    core.write(to: &state)
    try state.add("actor", actor)
    state.add("reinforce.deviations", head.logDeviations.numbers)
    for (world, path) in paths.enumerated() {
      state.add("path.\(world).steps", [path.rewards.count, path.whole])
      state.add("path.\(world).observations", path.observations.map { Double($0) })
      state.add("path.\(world).actions", path.actions.map { Double($0) })
      state.add("path.\(world).rewards", path.rewards.map { Double($0) })
      state.add("path.\(world).ends", path.ends.map { $0 ? 1 : 0 })
    }
  }

  func restore(from state: AgentState) throws(AgentError) {
    try core.restore(from: state)
    try state.restore("actor", actor)
    let deviations = try state.numbers("reinforce.deviations", count: head.logDeviations.numberCount)
    guard head.logDeviations.restore(deviations) else { throw .state(expected: "deviations", got: "others") }
    for world in paths.indices {
      let steps = try state.integers("path.\(world).steps", count: 2)
      guard steps[0] >= 0, steps[0] < 1 << 32, (0...steps[0]).contains(steps[1]) else {
        throw .state(expected: "the steps of world \(world)", got: "\(steps)")
      }
      func floats(_ name: String, _ count: Int) throws(AgentError) -> [Float] {
        try state.numbers("path.\(world).\(name)", count: count).map { Float($0) }
      }
      var path = Path()
      path.observations = try floats("observations", steps[0] * core.encoder.flatCount)
      path.actions = try floats("actions", steps[0] * core.form.count)
      path.rewards = try floats("rewards", steps[0])
      path.ends = try state.integers("path.\(world).ends", count: steps[0]).map { $0 != 0 }
      path.whole = steps[1]
      let check = WorldCheck(core.site.observationSpace)
      guard check.accepts(path.observations, rows: steps[0]), core.form.accepts(path.actions, rows: steps[0]),
        path.rewards.allSatisfy(\.isFinite)
      else { throw .state(expected: "steps that can be", got: "others") }
      paths[world] = path
    }
  }
}
