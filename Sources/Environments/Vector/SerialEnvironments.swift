// SPDX-License-Identifier: Apache-2.0
// Espalier: several worlds in this process.

/// Several environments of a kind in this process, stepped one after another.
public struct SerialEnvironments<World: Environment>: VectorEnvironment {
  /// The worlds.
  public private(set) var worlds: [World]
  private var scratch: [Float]

  /// - Precondition: at least one world, all of the same spaces.
  public init(_ worlds: [World]) {
    precondition(!worlds.isEmpty, "no environments")
    precondition(
      worlds.allSatisfy {
        $0.observationSpace == worlds[0].observationSpace && $0.actionSpace == worlds[0].actionSpace
      }, "environments of different spaces")
    self.worlds = worlds
    scratch = [Float](repeating: 0, count: worlds[0].observationSpace.flatCount)
  }

  /// `count` copies of an environment.
  public init(_ count: Int, of world: World) { self.init([World](repeating: world, count: count)) }

  /// Worlds.
  public var count: Int { worlds.count }
  /// What observations may be.
  public var observationSpace: Space { worlds[0].observationSpace }
  /// What actions may be.
  public var actionSpace: Space { worlds[0].actionSpace }

  /// Begins an episode.
  public mutating func reset(seed: UInt64, into results: inout VectorStep) throws(EnvironmentError) {
    var observation = [Float]()
    swap(&observation, &scratch)
    defer { swap(&observation, &scratch) }
    for index in worlds.indices {
      results.rewards[index] = 0
      results.endings[index] = nil
      try begin(index, seed: seed &+ UInt64(index), &observation, &results)
    }
  }

  /// Acts once.
  public mutating func step(_ actions: Span<Float>, into results: inout VectorStep) throws(EnvironmentError) {
    var observation = [Float]()
    swap(&observation, &scratch)
    defer { swap(&observation, &scratch) }
    let width = actions.count / worlds.count
    for index in worlds.indices {
      var span = observation.mutableSpan
      let step = try worlds[index].step(actions.extracting(index * width..<(index + 1) * width), into: &span)
      results.rewards[index] = step.reward
      results.endings[index] = step.ending
      let start = index * results.size
      if step.ending == nil {
        for at in 0..<results.size { results.observations[start + at] = observation[at] }
      } else {
        for at in 0..<results.size { results.finalObservations[start + at] = observation[at] }
        try begin(index, seed: nil, &observation, &results)
      }
    }
  }

  private mutating func begin(
    _ index: Int, seed: UInt64?, _ observation: inout [Float], _ results: inout VectorStep
  ) throws(EnvironmentError) {
    var span = observation.mutableSpan
    try worlds[index].reset(seed: seed, into: &span)
    let start = index * results.size
    for at in 0..<results.size { results.observations[start + at] = observation[at] }
  }
}

extension SerialEnvironments: SavableVectorEnvironment where World: SavableEnvironment {
  /// All that the next step of every world depends on.
  public var states: [EnvironmentState] { worlds.map(\.state) }

  /// Takes up saved states, one a world; nothing has changed when one is refused.
  public mutating func restore(_ states: [EnvironmentState]) throws(EnvironmentError) {
    guard states.count == worlds.count else {
      throw .state(environment: "worlds", expected: "\(worlds.count) states", got: "\(states.count)")
    }
    var restored = worlds
    for index in restored.indices { try restored[index].restore(states[index]) }
    worlds = restored
  }
}
