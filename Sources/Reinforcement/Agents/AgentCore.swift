// SPDX-License-Identifier: Apache-2.0
// Espalier: what all agents have.

internal import Datasets
internal import Environments
internal import NeuralNetworks
internal import SparseCore
internal import Training

/// What all agents have: where they are, how they read observations, how far they are.
final class AgentCore {
  let site: AgentSite
  let form: ActionForm
  /// All that is random follows from it and the counts.
  let random: Random
  var encoder: ObservationEncoder
  /// Moments of the encoded observations, where they are normalised.
  var moments: RunningMoments?
  var steps = 0
  var gradientSteps = 0

  init(_ site: AgentSite, _ form: ActionForm, normalizes: Bool) {
    self.site = site
    self.form = form
    random = Random(seed: site.seed).split("agent")
    encoder = ObservationEncoder(site.observationSpace)
    moments = normalizes ? RunningMoments(encoder.width) : nil
  }

  /// The share of the run that has passed.
  var progress: Double { Double(steps) / Double(site.steps) }

  /// How often a multiple of `interval` steps has been reached by the last `count` steps.
  func crossings(of interval: Int, by count: Int) -> Int { steps / interval - (steps - count) / interval }

  /// Takes observations of all worlds into the moments.
  func takeMoments(_ observations: Span<Float>) {
    guard var moments else { return }
    self.moments = nil
    for world in 0..<site.worlds {
      let size = encoder.flatCount
      encoder.withEncoded(observations.extracting(world * size..<(world + 1) * size)) { moments.take($0) }
    }
    self.moments = moments
  }

  /// Normalises by the moments as they are now.
  func refreshScaling() {
    if let moments { encoder.normalize(by: moments) }
  }

  /// A network that learns, with its schedules over `gradientSteps` steps.
  func learner(
    _ name: String, _ recipe: ModuleRecipe, inputs: Int, outputs: Int, outputScale: Float = 1, batch: Int,
    gradientSteps: Int
  ) throws(AgentError) -> NetworkLearner {
    try recipe.validate(name)
    guard encoder.width > 0, outputs > 0, form.count > 0 else {
      throw .network(
        "an agent needs something to observe and to do, but here are \(site.observationSpace) and \(site.actionSpace)")
    }
    let stream = random.split(name)
    let network = try recipe.network.network(
      inputs: inputs, outputs: outputs, outputScale: outputScale, seed: stream.split("birth").key)
    return NetworkLearner(
      network, optimizer: recipe.optimizer, evolution: recipe.evolution, batch: batch,
      span: Self.span(gradientSteps), random: stream.split("learning"), workers: site.workers)
  }

  /// About a hundred epochs that cover so many steps, and at most one epoch's steps less one more.
  static func span(_ gradientSteps: Int) -> LearningSpan {
    let steps = max(1, gradientSteps)
    let length = max(1, (steps + 50) / 100)
    return LearningSpan(epochs: (steps + length - 1) / length, stepsPerEpoch: length)
  }

  /// Takes a step of a learner, or throws when a number is not finite.
  func take(
    _ name: String, _ learner: NetworkLearner, _ gradients: (GradientDemand) -> Bool
  ) throws(AgentError) {
    let next = learner.step + 1
    let length = learner.span.stepsPerEpoch
    let outcome = learner.take(finishedEpoch: next.isMultiple(of: length) ? next / length : nil, gradients)
    if outcome == .diverged { throw diverged(name, learner) }
  }

  func diverged(_ name: String, _ learner: NetworkLearner) -> AgentError {
    .diverged(step: steps, module: name, place: learner.divergedLayer())
  }

  /// Writes uniformly drawn actions for all worlds, as environments take them.
  func uniformActions(_ random: inout Random, into actions: inout MutableSpan<Float>, raw: inout [Float]) {
    for index in 0..<site.worlds * form.count {
      let part = index % form.count
      switch form {
      case .choices(let counts, let start):
        let choice = random.below(counts[part])
        raw[index] = Float(choice)
        actions[index] = Float(start + choice)
      case .numbers:
        raw[index] = 2 * random.uniform() - 1
        actions[index] = form.stretched(raw[index], part)
      }
    }
  }

  func write(to state: inout AgentState) {
    state.add("agent.steps", [steps, gradientSteps])
    if let moments { state.add("agent.moments", moments.numbers + (encoder.scaling == nil ? [0] : [1])) }
    if let scaling = encoder.scaling {
      state.add("agent.scaling", (scaling.shifts + scaling.factors).map { Double($0) })
    }
  }

  func restore(from state: AgentState) throws(AgentError) {
    let counts = try state.integers("agent.steps", count: 2)
    guard (0...site.steps + site.worlds).contains(counts[0]), AgentState.counts.contains(counts[1]) else {
      throw .state(expected: "up to \(site.steps) steps", got: "\(counts)")
    }
    if var moments {
      let numbers = try state.numbers("agent.moments", count: 2 * encoder.width + 2)
      guard numbers[encoder.width..<2 * encoder.width].allSatisfy({ $0 >= 0 }), moments.restore(numbers.dropLast())
      else { throw .state(expected: "moments", got: "others") }
      self.moments = moments
      if numbers.last == 1 {
        let scaling = try state.numbers("agent.scaling", count: 2 * encoder.width).map { Float($0) }
        encoder.scale(shifts: Array(scaling[..<encoder.width]), factors: Array(scaling[encoder.width...]))
      }
    }
    (steps, gradientSteps) = (counts[0], counts[1])
  }
}

extension AgentModule {
  init(_ name: String, _ learner: NetworkLearner) {
    let summary = learner.network.summary
    self.init(
      name: name, connections: summary.connections, denseConnections: summary.denseConnections,
      moved: learner.moved)
  }
}
