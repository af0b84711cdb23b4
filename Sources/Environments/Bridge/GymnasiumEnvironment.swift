// SPDX-License-Identifier: Apache-2.0
// Espalier: one of Gymnasium's environments, in another process.

/// One environment of Python's Gymnasium, in a child process of its own: for evaluations with seeds of one's own.
///
///     var world = try GymnasiumEnvironment("Hopper-v5")
///     var observation = try world.reset(seed: 1000)
///
/// Learners collect from ``GymnasiumEnvironments``, which steps several at the cost of one exchange. What is said there of errors
/// and of copies holds here too.
public struct GymnasiumEnvironment: Environment {
  private var worlds: GymnasiumEnvironments
  private var results: VectorStep

  /// Starts the process and makes the environment; the parameters are those of ``GymnasiumEnvironments``.
  ///
  /// - Throws: ``EnvironmentError``.
  public init(
    _ id: String, settings: EnvironmentSettings = [:], python: String = "python3", server: BridgeServer = .automatic,
    limits: BridgeLimits = BridgeLimits()
  ) throws(EnvironmentError) {
    worlds = try GymnasiumEnvironments(
      id, count: 1, workers: 1, settings: settings, arguments: server.arguments(python: python), limits: limits,
      resets: false)
    results = VectorStep(for: worlds)
  }

  /// The environment's id.
  public var id: String { worlds.id }
  /// What observations may be.
  public var observationSpace: Space { worlds.observationSpace }
  /// What actions may be.
  public var actionSpace: Space { worlds.actionSpace }
  /// Which choices are allowed now; nil unless the environment tells.
  public var actionMask: [Bool]? { worlds.actionMasks }
  /// After how many steps Gymnasium cuts an episode; nil when it does not.
  public var timeLimit: Int? { worlds.timeLimit }
  /// The versions of Python, of NumPy, of Gymnasium and of what the environment comes from, by name.
  public var versions: [String: String] { worlds.versions }
  /// The numbers of the child processes.
  public var processes: [Int32] { worlds.processes }

  /// Begins an episode.
  ///
  /// Before any seed Gymnasium takes one from the system: not reproducible.
  ///
  /// - Throws: ``EnvironmentError``; also for a seed of 2^64 - 1, which stands for none.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) throws(EnvironmentError) {
    try worlds.reset(seed: seed, into: &results)
    copy(into: &observation)
  }

  /// Acts once.
  public mutating func step(
    _ action: Span<Float>, into observation: inout MutableSpan<Float>
  ) throws(EnvironmentError) -> Step {
    try worlds.step(action, into: &results)
    copy(into: &observation)
    return Step(reward: results.rewards[0], ending: results.endings[0])
  }

  /// What the world shows, for one made with `render_mode` "rgb_array".
  ///
  /// - Throws: ``EnvironmentError``.
  public func picture() throws(EnvironmentError) -> RenderedPicture { try worlds.picture(of: 0) }

  /// Ends the process now; later calls throw.
  ///
  /// It ends by itself with the last copy of this value.
  public func close() { worlds.close() }

  private func copy(into observation: inout MutableSpan<Float>) {
    for index in results.observations.indices { observation[index] = results.observations[index] }
  }
}
