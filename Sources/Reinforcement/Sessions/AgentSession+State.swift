// SPDX-License-Identifier: Apache-2.0
// Espalier: saving a run of an agent so that it goes on.

internal import Datasets
internal import Environments
internal import Training

extension AgentSession {
  /// The version of the state's form that this code writes and reads.
  private static let version = 1

  /// Writes all that the run needs to go on: the agent with what it remembers, its worlds where they can be saved, the learning curve.
  ///
  /// The file is there whole or not at all.
  public func saveState(to path: String) throws {
    let state = try savedState(for: path)
    try SafetensorsWriter.write(state.entries, metadata: state.metadata, to: path)
  }

  /// The bytes that ``saveState(to:)`` writes.
  func stateBytes(for path: String) throws(AgentError) -> [UInt8] {
    let state = try savedState(for: path)
    return SafetensorsWriter.bytes(state.entries, metadata: state.metadata)
  }

  private func savedState(for path: String) throws(AgentError) -> AgentState {
    var state = AgentState(path: path)
    try agent.write(to: &state)
    state.add("session.counts", [episodes, hasBegun ? 1 : 0])
    state.add("session.lengths", lengths)
    state.add("session.running", running)
    state.add("session.recent", recentReturns)
    state.add("session.observations", results.observations.map { Double($0) })
    state.add("session.seconds", [seconds])
    if let worlds = worlds as? any SavableVectorEnvironment {
      for (index, world) in worlds.states.enumerated() {
        state.add("world.\(index).numbers", world.numbers)
        state.entries.append(TensorEntry("world.\(index).words", .uint64(world.words)))
      }
    }
    state.metadata +=
      [
        ("format", "espalier-agent-state"), ("espalier.version", String(Self.version)),
        ("espalier.run", JSONValue.object(marks.map { .init($0.name, .string($0.value)) }).text()),
        ("espalier.curve", JSONValue.array(curve.map(\.json)).text()),
      ]
    return state
  }

  /// Goes back to a saved state of the same recipe, worlds, steps and seed; the number of threads may differ.
  ///
  /// Worlds that cannot be saved, such as those of another process, begin new episodes: to the agent the old ones were cut.
  ///
  /// - Throws: `FileError` for a missing, cut or damaged file; ``AgentError/state(expected:got:)`` for a state of another run. The session
  ///   must not be used after that.
  public func restoreState(from path: String) throws {
    try restore(try SafetensorsFile(path))
  }

  /// As ``restoreState(from:)``, from a file that has been opened.
  func restore(_ file: SafetensorsFile) throws {
    let path = file.path
    guard file.metadata("format") == "espalier-agent-state" else {
      throw FileError.format(
        path: path, expected: "the state of an agent's run", got: "another file", advice: "name a state.safetensors")
    }
    guard file.metadata("espalier.version") == String(Self.version) else {
      throw FileError.format(
        path: path, expected: "state version \(Self.version)", got: file.metadata("espalier.version") ?? "none",
        advice: "resume with the Espalier that began the run")
    }
    let saved = (try? JSONValue(parsing: file.metadata("espalier.run") ?? "{}")) ?? .null
    for (name, value) in marks {
      let before = saved[name]?.asString ?? "nothing"
      guard before == value else { throw AgentError.state(expected: "\(name) \(before)", got: "\(name) \(value)") }
    }
    let state = AgentState(reading: file)
    let counts = try state.integers("session.counts", count: 2)
    let lengths = try state.integers("session.lengths", count: worlds.count)
    let running = try state.numbers("session.running", count: worlds.count)
    let recent = try state.reading { (file) throws(FileError) in try file.doubles("session.recent") }
    let seen = try state.numbers("session.observations", count: results.observations.count)
    let seconds = try state.numbers("session.seconds", count: 1)[0]
    let list = (try? JSONValue(parsing: file.metadata("espalier.curve") ?? ""))?.asArray
    let curve = list?.compactMap { EvaluationPoint(json: $0) } ?? []
    guard AgentState.counts.contains(counts[0]), lengths.allSatisfy({ AgentState.counts.contains($0) }),
      recent.count <= 100, recent.allSatisfy(\.isFinite), curve.count == list?.count, seconds >= 0,
      counts[1] == 0 || check.accepts(seen.map { Float($0) }, rows: worlds.count)
    else { throw AgentError.state(expected: "the counts of a run", got: "others") }
    try restoreWorlds(state)
    try agent.restore(from: state)
    episodes = counts[0]
    recentReturns = recent
    self.curve = curve
    self.seconds = seconds
    guard worlds is any SavableVectorEnvironment else {
      let last = seen.map { Float($0) }
      if counts[1] == 1 { agent.breakOff(at: last.span) }
      return try beginAnew()
    }
    hasBegun = counts[1] == 1
    self.lengths = lengths
    self.running = running
    results.observations = seen.map { Float($0) }
  }

  private func restoreWorlds(_ state: AgentState) throws(AgentError) {
    guard var savable = worlds as? any SavableVectorEnvironment else { return }
    var states: [EnvironmentState] = []
    for index in 0..<worlds.count {
      states.append(
        try state.reading { (file) throws(FileError) in
          EnvironmentState(
            numbers: try file.doubles("world.\(index).numbers"), words: try file.uint64("world.\(index).words"))
        })
    }
    do throws(EnvironmentError) { try savable.restore(states) } catch { throw .environment(error) }
    worlds = savable
  }

  /// New episodes in worlds that could not be saved, with seeds that the run has not used.
  private func beginAnew() throws(AgentError) {
    do throws(EnvironmentError) {
      try worlds.reset(seed: seed &+ UInt64(agent.steps) &+ 1_000_003, into: &results)
      try check.check(results)
    } catch { throw .environment(error) }
    hasBegun = true
  }

  /// What must be the same for a run to go on.
  private var marks: [(name: String, value: String)] {
    [
      ("recipe", recipe.words), ("worlds", "\(worlds.count)"), ("steps", "\(steps)"), ("seed", "\(seed)"),
      ("observations", "\(worlds.observationSpace)"), ("actions", "\(worlds.actionSpace)"),
    ]
  }
}

extension EvaluationPoint {
  var json: JSONValue {
    .object([
      .init("step", .integer(step)), .init("gradient_steps", .integer(gradientSteps)), .init("mean", .number(mean)),
      .init("low", .number(interval.lowerBound)), .init("high", .number(interval.upperBound)),
      .init("interquartile_mean", .number(interquartileMean)), .init("connections", .integer(connections)),
      .init("measures", .object(measures.map { .init($0.name, .number($0.value)) })),
    ])
  }

  init?(json: JSONValue) {
    guard let step = json["step"]?.asInt, let gradientSteps = json["gradient_steps"]?.asInt,
      let mean = json["mean"]?.asDouble, let low = json["low"]?.asDouble, let high = json["high"]?.asDouble,
      low <= high,
      let middle = json["interquartile_mean"]?.asDouble, let connections = json["connections"]?.asInt,
      let measures = json["measures"]?.asObject
    else { return nil }
    self.init(
      step: step, gradientSteps: gradientSteps, mean: mean, interval: low...high, interquartileMean: middle,
      connections: connections, measures: measures.map { AgentMeasure($0.key, $0.value.asDouble ?? 0) })
  }
}
