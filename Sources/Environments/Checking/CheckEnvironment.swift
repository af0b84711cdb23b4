// SPDX-License-Identifier: Apache-2.0
// Espalier: does an environment keep its contract?

internal import SparseCore

/// Tries an environment for a while and tells in words what breaks the contract of ``Environment``.
///
///     for problem in checkEnvironment(MyWorld()) { print(problem) }
///
/// - Parameters:
///   - world: a fresh one; it is copied, and the copies are tried.
///   - seed: begins the episodes and draws the actions.
///   - steps: how many steps are tried, over as many episodes as that takes.
/// - Returns: one sentence a problem, none when all is well.
/// - Complexity: four runs of `steps` steps.
public func checkEnvironment<World: Environment>(_ world: World, seed: UInt64 = 0, steps: Int = 500) -> [String] {
  var problems = spaceProblems(world)
  guard problems.isEmpty else { return problems }
  let first = Rollout(world, seed: seed, steps: steps)
  problems += first.problems
  guard first.isWhole else { return problems }
  if Rollout(world, seed: seed, steps: steps) != first {
    problems.append("the same seed and actions gave other numbers: reset(seed:) must begin every random stream anew")
  }
  var used = world
  _ = Rollout(&used, seed: seed &+ 1, steps: steps / 2)
  if Rollout(&used, seed: seed, steps: steps) != first {
    problems.append(
      "what was done before a reset with a seed changed what came after it: reset must begin everything anew")
  }
  return problems
}

private func spaceProblems(_ world: some Environment) -> [String] {
  var problems: [String] = []
  for (name, space) in [("observation", world.observationSpace), ("action", world.actionSpace)] {
    if space.flatCount == 0 { problems.append("the \(name) space \(space) has no numbers") }
    if !space.hasValues { problems.append("the \(name) space \(space) has no values: every choice needs at least one") }
  }
  if case .box(let box) = world.actionSpace, !box.isBounded {
    problems.append("the action space \(world.actionSpace) is open: agents need bounds to scale their actions to")
  }
  return problems
}

extension Space {
  /// Whether there is any value.
  fileprivate var hasValues: Bool {
    switch self {
    case .box, .multiBinary: true
    case .discrete(let count, _): count > 0
    case .multiDiscrete(let counts): counts.allSatisfy { $0 > 0 }
    case .tuple(let parts): parts.allSatisfy(\.hasValues)
    case .named(let parts): parts.allSatisfy(\.space.hasValues)
    }
  }
}

/// What an environment answered to random actions.
private struct Rollout: Equatable {
  private(set) var observations: [UInt32] = []
  private(set) var steps: [Step] = []
  private(set) var problems: [String] = []
  private(set) var isWhole = true

  init<World: Environment>(_ world: World, seed: UInt64, steps count: Int) {
    var copy = world
    self.init(&copy, seed: seed, steps: count)
  }

  init<World: Environment>(_ world: inout World, seed: UInt64, steps count: Int) {
    var random = Random(seed: seed).split("actions")
    var observation = [Float](repeating: .nan, count: world.observationSpace.flatCount)
    do throws(EnvironmentError) {
      try reset(&world, seed, &observation)
      for index in 0..<count {
        let action = Self.action(world, &random)
        var span = observation.mutableSpan
        let step = try world.step(action.span, into: &span)
        steps.append(step)
        note(world, observation, "step \(index) answered")
        if !step.reward.isFinite { add("step \(index) gave a reward of \(step.reward): rewards must be finite") }
        if step.ending != nil { try reset(&world, nil, &observation) }
      }
    } catch {
      add("it threw an error: \(error)")
      isWhole = false
    }
  }

  private mutating func reset<World: Environment>(
    _ world: inout World, _ seed: UInt64?, _ observation: inout [Float]
  ) throws(EnvironmentError) {
    for index in observation.indices { observation[index] = .nan }
    var span = observation.mutableSpan
    try world.reset(seed: seed, into: &span)
    note(world, observation, "reset answered")
  }

  private mutating func note(_ world: some Environment, _ observation: [Float], _ event: String) {
    observations += observation.map(\.bitPattern)
    if let words = world.observationSpace.objection(to: observation.span) {
      add("\(event) outside its space: \(words)")
    }
    guard let mask = world.actionMask else { return }
    if case .discrete(let count, _) = world.actionSpace {
      if mask.count != count { add("the action mask has \(mask.count) entries for \(count) actions") }
    } else {
      add("there is an action mask for \(world.actionSpace), which is no single choice")
    }
    if !mask.contains(true) { add("\(event) with an action mask that allows nothing") }
  }

  private static func action(_ world: some Environment, _ random: inout Random) -> [Float] {
    let action = world.actionSpace.sample(from: &random)
    guard case .discrete(let count, let start) = world.actionSpace, let mask = world.actionMask, mask.count == count
    else {
      return action
    }
    let allowed = mask.indices.filter { mask[$0] }
    return allowed.isEmpty ? action : [Float(start + allowed[Int(action[0]) % allowed.count])]
  }

  /// Adds a sentence unless it says again what was said of another step.
  private mutating func add(_ problem: String) {
    if problems.count < 10 { problems.append(problem) }
  }

  static func == (left: Rollout, right: Rollout) -> Bool {
    left.observations == right.observations && left.steps == right.steps
  }
}
