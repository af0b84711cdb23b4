// SPDX-License-Identifier: Apache-2.0
// Espalier: Gymnasium's environments, in other processes.

internal import SparseCore

/// Environments of Python's Gymnasium, stepped together in one child process or several.
///
///     var worlds = try GymnasiumEnvironments("HalfCheetah-v5", count: 8)
///     var results = VectorStep(for: worlds)
///     try worlds.reset(seed: 1, into: &results)
///     try worlds.step(actions.span, into: &results)
///
/// Python needs `numpy` and `gymnasium`, and whatever the environment needs; the rest comes with this library. A world whose
/// episode ends begins the next in the same step, without a seed. After the first step nothing is allocated here.
///
/// The end of a process, silence and broken answers are errors; they end the process, and every later call throws the same error:
/// make a new value to go on. After `failed`, the environment's own exception, ``reset(seed:into:)`` may begin again. No process
/// stays when the last copy of the value is gone, nor when this program dies.
///
/// - Note: A copy of the value shares its processes, and so its worlds. One thread uses them at a time.
///
/// - Complexity: O(*count* x numbers of an observation) a step, beside the environments' own work.
public struct GymnasiumEnvironments: VectorEnvironment {
  /// The environment's id.
  public let id: String
  /// Worlds.
  public let count: Int
  /// What observations may be.
  public let observationSpace: Space
  /// What actions may be.
  public let actionSpace: Space
  /// After how many steps Gymnasium cuts an episode; nil when it does not.
  public let timeLimit: Int?
  /// The versions of Python, of NumPy, of Gymnasium and of what the environment comes from, by name: for the records of a run.
  public let versions: [String: String]
  /// Which choices are allowed now, [worlds][choices]; nil unless the environment tells.
  public private(set) var actionMasks: [Bool]?

  private let clients: [BridgeClient]

  /// Starts the processes and makes the environments.
  ///
  /// - Parameters:
  ///   - id: as `gymnasium.make` takes it: "HalfCheetah-v5", or "module:Name-v0" to import a module first.
  ///   - count: environments, at least 1.
  ///   - workers: processes that step at the same time; each has a part of the environments.
  ///   - settings: keyword arguments of `gymnasium.make`, such as `["render_mode": "rgb_array"]`.
  ///   - python: the Python to start, a path or a name in the search path.
  ///   - server: the program on the other side.
  ///   - limits: how long to wait.
  /// - Throws: ``EnvironmentError``.
  public init(
    _ id: String, count: Int, workers: Int = 1, settings: EnvironmentSettings = [:], python: String = "python3",
    server: BridgeServer = .automatic, limits: BridgeLimits = BridgeLimits()
  ) throws(EnvironmentError) {
    try self.init(
      id, count: count, workers: workers, settings: settings, arguments: server.arguments(python: python),
      limits: limits, resets: true)
  }

  /// Starts the processes; their worlds begin again by themselves or do not.
  init(
    _ id: String, count: Int, workers: Int, settings: EnvironmentSettings, arguments: [String], limits: BridgeLimits,
    resets: Bool
  ) throws(EnvironmentError) {
    precondition(workers > 0 && count >= workers, "\(count) environments in \(workers) processes")
    var limits = limits
    if workers >= Workers.availableCores { limits.awake = .zero }
    var clients: [BridgeClient] = []
    for worker in 0..<workers {
      let first = count * worker / workers
      clients.append(try BridgeClient(id, first: first, arguments: arguments, limits: limits))
    }
    try self.init(id, count: count, clients: clients, settings: settings, resets: resets)
  }

  /// Makes the environments of processes that have been started.
  init(
    _ id: String, count: Int, clients: [BridgeClient], settings: EnvironmentSettings, resets: Bool
  ) throws(EnvironmentError) {
    func worlds(of worker: Int) -> Int {
      (worker + 1 < clients.count ? clients[worker + 1].first : count) - clients[worker].first
    }
    for client in clients { try client.sendHello() }
    for (worker, client) in clients.enumerated() {
      try client.sendMake(count: worlds(of: worker), settings: settings, resets: resets)
    }
    var made: BridgeSpecification?
    for (worker, client) in clients.enumerated() {
      let next = try client.receiveSpecification(count: worlds(of: worker))
      let first = made ?? next
      guard next.observationSpace == first.observationSpace, next.actionSpace == first.actionSpace else {
        throw client.refuse("the spaces of the process before", got: "\(next.observationSpace), \(next.actionSpace)")
      }
      made = first
    }
    guard let made else { preconditionFailure("no processes") }
    self.id = id
    self.count = count
    self.clients = clients
    observationSpace = made.observationSpace
    actionSpace = made.actionSpace
    timeLimit = made.timeLimit
    versions = made.versions
  }

  /// The numbers of the child processes.
  public var processes: [Int32] { clients.compactMap(\.identifier) }

  /// Begins an episode in every world.
  ///
  /// - Precondition: `results` was made for as many worlds with observations of the same size.
  /// - Throws: ``EnvironmentError``; also for a seed so large that a world's would be 2^64 - 1, which stands for none.
  public mutating func reset(seed: UInt64, into results: inout VectorStep) throws(EnvironmentError) {
    try reset(seed: .some(seed), into: &results)
  }

  /// Begins an episode in every world; without a seed the random streams go on.
  mutating func reset(seed: UInt64?, into results: inout VectorStep) throws(EnvironmentError) {
    if let seed, seed > .max - UInt64(count) {
      throw .setting(environment: id, name: "seed", expected: "at most 2^64 - \(count + 1)", got: "\(seed)")
    }
    check(results)
    var failure: EnvironmentError?
    for client in clients {
      do throws(EnvironmentError) {
        try client.begin(.reset)
        let worlds = worlds(of: client)
        for _ in worlds { client.append(UInt8(1)) }
        for _ in worlds.count..<(worlds.count + 7) / 8 * 8 { client.append(UInt8(0)) }
        for world in worlds { client.append(seed.map { $0 + UInt64(world) } ?? .max) }
        try client.send()
      } catch {
        failure = failure ?? error
      }
    }
    try receive(failure, into: &results)
  }

  /// Acts once in every world.
  ///
  /// - Parameters:
  ///   - actions: [count][flatCount of the action space]; numbers of boxes need not lie in their bounds, as in Gymnasium.
  ///   - results: takes what came of it.
  /// - Throws: ``EnvironmentError``; `broken` for an action that is no number or no choice, which leaves the worlds as they are.
  public mutating func step(_ actions: Span<Float>, into results: inout VectorStep) throws(EnvironmentError) {
    let width = actionSpace.flatCount
    precondition(actions.count == count * width, "\(actions.count) numbers as actions of \(count) worlds")
    check(results)
    try object(to: actions, width)
    let isWhole = actionSpace.isWhole
    var failure: EnvironmentError?
    for client in clients {
      let worlds = worlds(of: client)
      do throws(EnvironmentError) {
        try client.begin(.step)
        for index in worlds.lowerBound * width..<worlds.upperBound * width {
          client.append(isWhole ? UInt32(bitPattern: Int32(actions[index])) : actions[index].bitPattern)
        }
        try client.send()
      } catch {
        failure = failure ?? error
      }
    }
    try receive(failure, into: &results)
  }

  /// What a world shows, for one made with `render_mode` "rgb_array".
  ///
  /// - Throws: ``EnvironmentError``.
  public func picture(of world: Int) throws(EnvironmentError) -> RenderedPicture {
    precondition((0..<count).contains(world), "world \(world) of \(count)")
    guard let client = clients.last(where: { $0.first <= world }) else { preconditionFailure("no processes") }
    return try client.picture(of: world - client.first)
  }

  /// Ends the processes now; later calls throw.
  ///
  /// They end by themselves with the last copy of this value.
  public func close() {
    for client in clients { client.close() }
  }

  private func worlds(of client: BridgeClient) -> Range<Int> {
    client.first..<client.first + (client.specification?.count ?? 0)
  }

  private func check(_ results: VectorStep) {
    precondition(
      results.rewards.count == count && results.size == observationSpace.flatCount,
      "results of \(results.rewards.count) worlds x \(results.size) for \(count) x \(observationSpace.flatCount)")
  }

  /// Refuses what is no number or no choice before anything is sent.
  private func object(to actions: Span<Float>, _ width: Int) throws(EnvironmentError) {
    let isWhole = actionSpace.isWhole
    for world in 0..<count {
      let action = actions.extracting(world * width..<(world + 1) * width)
      if isWhole {
        guard let objection = actionSpace.objection(to: action) else { continue }
        throw .broken(environment: id, expected: "actions that are choices", got: "in world \(world): \(objection)")
      }
      for index in action.indices where !action[index].isFinite {
        throw .broken(environment: id, expected: "finite actions", got: "\(action[index]) in world \(world)")
      }
    }
  }

  /// Receives all answers that are due, so that no process is a request behind, and then throws the first error.
  private mutating func receive(_ failed: EnvironmentError?, into results: inout VectorStep) throws(EnvironmentError) {
    var failure = failed
    for client in clients where client.isWaiting {
      do throws(EnvironmentError) {
        try client.receiveState(into: &results, masks: &actionMasks, of: count)
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
  }
}
