// SPDX-License-Identifier: Apache-2.0
// Espalier: environments of the library for the tool's agents.

internal import Espalier

/// An environment of the catalogue.
struct NativeWorld: AgentWorld {
  let name: String
  var timeLimit: Int?
  private let world: any SavableEnvironment

  /// - Throws: `EnvironmentError` for an unknown name.
  init(_ name: String) throws(EnvironmentError) {
    world = try EnvironmentCatalogue.make(name)
    let entry = EnvironmentCatalogue.entry(name)
    self.name = entry?.name ?? name
    timeLimit = entry?.timeLimit ?? Self.endless
  }

  /// Steps of an episode where the environment itself knows no end: a policy that walks in circles must come to one.
  static let endless = 500

  var observationSpace: Space { world.observationSpace }
  var actionSpace: Space { world.actionSpace }

  func limited(to steps: Int?) -> any AgentWorld {
    var result = self
    result.timeLimit = steps
    return result
  }

  func makeWorlds(_ count: Int, rewardDiscount: Double?) -> any VectorEnvironment {
    Self.worlds(world, count, limit: timeLimit, rewardDiscount)
  }

  private static func worlds(
    _ world: some SavableEnvironment, _ count: Int, limit: Int?, _ discount: Double?
  ) -> any VectorEnvironment {
    guard let limit else { return scaled(world, count, discount) }
    return scaled(world.timeLimit(limit), count, discount)
  }

  private static func scaled(
    _ world: some SavableEnvironment, _ count: Int, _ discount: Double?
  ) -> any VectorEnvironment {
    guard let discount else { return SerialEnvironments(count, of: world) }
    return SerialEnvironments(count, of: world.normalizingRewards(discount: discount))
  }

  func evaluate(
    _ policy: Policy, episodes: Int, seed: UInt64, choice: ActionChoice, isInterrupted: () -> Bool
  ) throws -> PolicyReport {
    func run(_ world: some SavableEnvironment) throws -> PolicyReport {
      guard let timeLimit else {
        return try Reinforcement.evaluate(
          policy, in: world, episodes: episodes, seed: seed, choice: choice, isInterrupted: isInterrupted)
      }
      return try Reinforcement.evaluate(
        policy, in: world.timeLimit(timeLimit), episodes: episodes, seed: seed, choice: choice,
        isInterrupted: isInterrupted)
    }
    return try run(world)
  }

  func record(
    _ policy: Policy, episodes: Int, seed: UInt64, choice: ActionChoice, _ visit: (PolicyStep) -> Void
  ) throws -> PolicyReport {
    func run(_ world: some SavableEnvironment) throws -> PolicyReport {
      guard let timeLimit else {
        return try Reinforcement.record(policy, in: world, episodes: episodes, seed: seed, choice: choice, visit)
      }
      return try Reinforcement.record(
        policy, in: world.timeLimit(timeLimit), episodes: episodes, seed: seed, choice: choice, visit)
    }
    return try run(world)
  }
}
