// SPDX-License-Identifier: Apache-2.0
// Espalier: what `espalier agent bench` measures.

internal import Espalier
internal import Synchronization

/// A native environment that is stepped with actions drawn before.
final class StepsCase {
  let name: String
  let gymnasium: String?
  /// Steps of one run.
  static let steps = 1000
  private let step: () throws(EnvironmentError) -> Void

  init(_ entry: EnvironmentCatalogue.Entry) throws(EnvironmentError) {
    name = entry.name
    gymnasium = entry.gymnasium
    step = try Self.stepping(
      try EnvironmentCatalogue.make(entry.name), limit: entry.timeLimit ?? NativeWorld.endless)
  }

  /// Steps the world, which begins anew when an episode ends.
  func run() throws(EnvironmentError) { try step() }

  private static func stepping(
    _ world: some SavableEnvironment, limit: Int
  ) throws(EnvironmentError) -> () throws(EnvironmentError) -> Void {
    var world = world.timeLimit(limit)
    var random = Random(seed: 1).split("bench")
    let actions = (0..<Self.steps).flatMap { _ in world.actionSpace.sample(from: &random) }
    var observation = try world.reset(seed: 1)
    return { () throws(EnvironmentError) in try walk(&world, actions, &observation) }
  }

  /// One run; what it changes is lent once, so that nothing around the steps counts.
  private static func walk(
    _ world: inout some SavableEnvironment, _ actions: [Float], _ observation: inout [Float]
  ) throws(EnvironmentError) {
    let (actions, size) = (actions.span, actions.count / steps)
    var seen = observation.mutableSpan
    for index in 0..<steps {
      let step = try world.step(actions.extracting(index * size..<(index + 1) * size), into: &seen)
      if step.ending != nil { try world.reset(seed: nil, into: &seen) }
    }
  }
}

/// A policy that acts again and again.
final class ActingCase {
  let hidden: [Int]
  let sparsity: Double
  let connections: Int
  /// Actions of one run.
  static let actions = 100
  private let runner: PolicyRunner
  private let observation: [Float] = [0.01, -0.02, 0.03, 0.04]
  private var action: [Float] = [0]
  private var random = Random(seed: 1)

  init(hidden: [Int], sparsity: Double) throws {
    self.hidden = hidden
    self.sparsity = sparsity
    let network = NetworkRecipe.mlp(
      hidden, topology: sparsity > 0 ? .erk(density: 1 - sparsity) : nil, activation: .tanh)
    let session = try AgentSession(PPO(network: network), in: SerialEnvironments(1, of: CartPole()), steps: 1, seed: 1)
    let policy = try session.agent.policy
    connections = policy.network.summary.connections
    runner = PolicyRunner(policy)
  }

  func run() {
    // Taken out meanwhile, so that the span that is lent has an owner that does not change.
    let observation = observation
    var action = [Float]()
    var random = random
    swap(&action, &self.action)
    defer {
      swap(&action, &self.action)
      self.random = random
    }
    for _ in 0..<Self.actions {
      var span = action.mutableSpan
      runner.act(on: observation.span, into: &span, random: &random)
    }
  }
}

/// SAC that takes one gradient step for each step of a still world.
///
/// What is measured holds acting, the world and the replay buffer besides the gradient step itself.
final class GradientCase {
  let hidden: [Int]
  let sparsity: Double
  let connections: Int
  private let session: AgentSession
  private let budget = StepBudget()

  /// Sizes of HalfCheetah's observations and actions.
  static let (observations, actions) = (17, 6)
  /// Samples of a gradient step.
  static let batch = 256
  /// Steps between two updates of a sparse topology.
  static let interval = 1000

  init(hidden: [Int], sparsity: Double, workers: Workers) throws {
    self.hidden = hidden
    self.sparsity = sparsity
    let network = NetworkRecipe.mlp(hidden, topology: sparsity > 0 ? .erk(density: 1 - sparsity) : nil)
    var recipe = SAC(
      actor: network, critic: network,
      evolution: sparsity > 0 ? .set(every: .steps(Self.interval), dropFraction: 0.5) : .static)
    recipe.replay.capacity = 10_000
    recipe.batchSize = Self.batch
    recipe.learningStart = 1000
    let world = StillWorld(observations: Self.observations, actions: Self.actions)
    session = try AgentSession(
      recipe, in: SerialEnvironments(1, of: world), steps: 1 << 30, seed: 1, workers: workers)
    connections = session.agent.modules.reduce(0) { $0 + $1.connections }
    session.isInterrupted = { [budget] in budget.isSpent() }
    budget.fill(recipe.learningStart + 2)
    try session.run()
  }

  /// Gradient steps so far.
  var gradientSteps: Int { session.agent.gradientSteps }

  /// Takes a step.
  func run() throws {
    budget.fill(1)
    try session.run()
  }
}

/// How many steps a session may still take.
private final class StepBudget: Sendable {
  private let left = Atomic<Int>(0)

  func fill(_ steps: Int) { left.store(steps, ordering: .relaxed) }

  func isSpent() -> Bool { left.subtract(1, ordering: .relaxed).newValue <= 0 }
}
