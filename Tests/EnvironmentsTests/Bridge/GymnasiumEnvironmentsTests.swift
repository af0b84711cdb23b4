// SPDX-License-Identifier: Apache-2.0
// Espalier: Gymnasium itself through the bridge.

internal import Datasets
internal import SparseCore
internal import Testing

@testable internal import Environments

@Suite("Gymnasium through the bridge", .enabled(if: Python.hasGymnasium))
struct GymnasiumEnvironmentsTests {
  @Test("CartPole through the bridge is CartPole here, with its episodes' ends and beginnings", arguments: [1, 3])
  func cartPole(workers: Int) throws {
    var far = try GymnasiumEnvironments("CartPole-v1", count: 4, workers: workers, python: Python.name)
    var near = SerialEnvironments(4, of: CartPole().timeLimit(500))
    #expect(far.observationSpace == near.observationSpace)
    #expect(far.actionSpace == near.actionSpace)
    #expect(far.timeLimit == 500 && far.versions["gymnasium"] != nil && far.processes.count == workers)
    var (there, here) = (VectorStep(for: far), VectorStep(for: near))
    var random = Random(seed: 5)
    var ends = 0
    for seed in [3, 1 << 40] as [UInt64] {
      try far.reset(seed: seed, into: &there)
      try near.reset(seed: seed, into: &here)
      #expect(there.observations == here.observations)
      for _ in 0..<150 {
        let actions = (0..<4).map { _ in Float(random.below(2)) }
        try far.step(actions.span, into: &there)
        try near.step(actions.span, into: &here)
        #expect(there.rewards == here.rewards && there.endings == here.endings)
        #expect(isClose(there.observations, here.observations))
        for world in 0..<4 where here.endings[world] != nil {
          let range = here.range(of: world)
          #expect(isClose(Array(there.finalObservations[range]), Array(here.finalObservations[range])))
          ends += 1
        }
      }
    }
    #expect(ends > 20)
  }

  @Test("FrozenLake alone, with seeds of one's own and without, is FrozenLake here")
  func frozenLake() throws {
    var far = try GymnasiumEnvironment("FrozenLake-v1", settings: ["map_name": "4x4"], python: Python.name)
    var near = FrozenLake().timeLimit(100)
    var random = Random(seed: 1)
    for seed in [11, nil, nil, 12, nil] as [UInt64?] {
      #expect(try far.reset(seed: seed) == near.reset(seed: seed))
      while true {
        let action = random.below(4)
        let (there, here) = try (far.step(action), near.step(action))
        #expect(there.observation == here.observation && there.step == here.step)
        if here.step.ending != nil { break }
      }
    }
    #expect(far.actionMask == nil && far.observationSpace == .discrete(16))
  }

  @Test(
    "HalfCheetah through the bridge runs, sees finite numbers and is cut after 1,000 steps",
    .enabled(if: Python.hasMuJoCo))
  func halfCheetah() throws {
    var worlds = try GymnasiumEnvironments("HalfCheetah-v5", count: 2, python: Python.name)
    #expect(worlds.observationSpace == .box(17) && worlds.actionSpace == .box(6, from: -1, to: 1))
    #expect(worlds.timeLimit == 1000 && worlds.versions["mujoco"] != nil)
    var results = VectorStep(for: worlds)
    try worlds.reset(seed: 1, into: &results)
    let actions = [Float](repeating: 0.5, count: 12)
    for step in 1...1000 {
      try worlds.step(actions.span, into: &results)
      #expect(results.endings == [Ending?](repeating: step == 1000 ? .truncated : nil, count: 2))
    }
    #expect(results.observations != results.finalObservations)
  }

  @Test("Gymnasium's environments keep the contract", arguments: ["CartPole-v1", "Taxi-v4", "Pendulum-v1"])
  func contract(id: String) throws {
    #expect(checkEnvironment(try GymnasiumEnvironment(id, python: Python.name), seed: 5, steps: 200) == [])
  }

  @Test("values of every kind of space go there and come back", arguments: [true, false])
  func spaces(boxes: Bool) throws {
    var world = try GymnasiumEnvironment(
      "Echo-v0", settings: ["boxes": .flag(boxes)], python: Python.name, server: .file(Self.troubled))
    let choices: [Space.NamedSpace] = [
      .init("a", .multiDiscrete([3, 4])),
      .init("b", .tuple([.discrete(3, start: -1), .multiBinary(count: 4)])),
    ]
    let numbers: [Space.NamedSpace] = [
      .init("c", .box(Space.Box(low: [0, -.infinity], high: [255, 3.5], shape: [2, 1]))),
      .init("d", .box(2, from: 0, to: 255)),
    ]
    #expect(world.actionSpace == .named(boxes ? choices + numbers : choices))
    #expect(try world.observationSpace.contains(world.reset(seed: 3)))
    var random = Random(seed: 2)
    for _ in 0..<20 {
      var action = world.actionSpace.sample(from: &random)
      // Whole numbers of a box of bytes.
      if boxes { for index in 9..<11 { action[index] = action[index].rounded(.down) } }
      #expect(try world.step(action).observation == action)
    }
  }

  static let troubled = Paths.join(Paths.folder(of: #filePath), "troubled.py")

  private func troubled(
    _ at: EnvironmentSettings.Value, _ how: String, limits: BridgeLimits = BridgeLimits()
  ) throws -> GymnasiumEnvironments {
    try GymnasiumEnvironments(
      "Troubled-v0", count: 2, settings: ["at": at, "how": .text(how), "render_mode": "rgb_array"], python: Python.name,
      server: .file(Self.troubled), limits: limits)
  }

  /// Resets and steps until something is thrown, ten times at most.
  private func error(of worlds: inout GymnasiumEnvironments) throws -> EnvironmentError? {
    var results = VectorStep(for: worlds)
    do throws(EnvironmentError) {
      try worlds.reset(seed: 1, into: &results)
      for _ in 0..<10 { try worlds.step([1, 2].span, into: &results) }
    } catch { return error }
    return nil
  }

  @Test(
    "exceptions in make, reset and step are told with their place, words and traceback",
    arguments: [("make", "make of world 0"), ("reset", "reset of world 0"), (2, "step of world 0")]
      as [(
        EnvironmentSettings.Value, String
      )])
  func exceptions(at: EnvironmentSettings.Value, place: String) throws {
    var failure: EnvironmentError?
    do {
      var worlds = try troubled(at, "raise")
      failure = try error(of: &worlds)
      // The process goes on.
      if case .integer = at {
        var results = VectorStep(for: worlds)
        try worlds.reset(seed: 1, into: &results)
        try worlds.step([0, 1].span, into: &results)
        #expect(results.rewards == [0, 1] && worlds.actionMasks == [false, true, true, false, true, true])
        #expect(try worlds.picture(of: 1).bytes == Array(0..<24))
      }
    } catch let error as EnvironmentError {
      failure = error
    }
    guard case .failed("Troubled-v0", place, let message, let report) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(message.hasPrefix("ValueError: in trouble at ") && report.contains("raise ValueError"))
  }

  @Test("an unknown id, settings that are not taken and a missing package are told")
  func makes() throws {
    let unknown = #expect(throws: EnvironmentError.self) {
      try GymnasiumEnvironment("CartPool-v1", python: Python.name)
    }
    #expect(unknown?.description.contains("CartPole") == true)
    let setting = #expect(throws: EnvironmentError.self) {
      try GymnasiumEnvironment("CartPole-v1", settings: ["colour": "red"], python: Python.name)
    }
    #expect(setting?.description.contains("colour") == true)
  }

  @Test("observations of another shape or kind break their space; numbers that are none break the protocol")
  func observations() throws {
    for (how, words) in [("shape", "got array([0., 0., 0.]) of shape (3,)"), ("text", "got array('no numbers'")] {
      var worlds = try troubled(3, how)
      #expect(try error(of: &worlds)?.description.contains(words) == true)
    }
    var worlds = try troubled(2, "nan")
    #expect(
      try error(of: &worlds)
        == .broken(environment: "Troubled-v0", expected: "finite observations", got: "nan as number 1 of world 0"))
    let graph = #expect(throws: EnvironmentError.self) { try troubled(nil, "graph") }
    #expect(graph?.description.contains("Dict, got Graph(Discrete(1), None)") == true)
  }

  @Test("an environment that ends its process, or talks a lot, or says nothing more")
  func processes() throws {
    var leaving = try troubled(2, "exit")
    #expect(
      try error(of: &leaving)
        == .ended(environment: "Troubled-v0", how: "ended with code 7", report: "leaving\n"))
    var killed = try troubled(1, "kill")
    #expect(
      try error(of: &killed)
        == .ended(environment: "Troubled-v0", how: "was ended by signal 9 (SIGKILL)", report: ""))
    #expect(
      throws: EnvironmentError.ended(
        environment: "Troubled-v0", how: "was ended by signal 9 (SIGKILL)", report: "")
    ) { try troubled("make", "kill") }
    var talking = try troubled(2, "print")
    #expect(try error(of: &talking) == nil)
    var hanging = try troubled(2, "hang", limits: BridgeLimits(step: .milliseconds(200)))
    #expect(
      try error(of: &hanging)
        == .silent(environment: "Troubled-v0", seconds: 0.2, waitingFor: "step", report: ""))
  }

  @Test("a process killed at any step is told, at once and from then on, and nothing of it stays")
  func kills() throws {
    var random = Random(seed: 4)
    for _ in 0..<5 {
      var worlds = try GymnasiumEnvironments("CartPole-v1", count: 2, python: Python.name)
      var results = VectorStep(for: worlds)
      try worlds.reset(seed: 1, into: &results)
      for _ in 0..<random.below(50) { try worlds.step([0, 1].span, into: &results) }
      let process = worlds.processes[0]
      Processes.kill(process)
      for _ in 0..<2 {
        #expect(
          throws: EnvironmentError.ended(
            environment: "CartPole-v1", how: "was ended by signal 9 (SIGKILL)", report: "")
        ) { try worlds.step([0, 1].span, into: &results) }
      }
      #expect(!Processes.isThere(process))
    }
  }

  @Test("a process ends with the last copy of its value, by itself")
  func closing() throws {
    var worlds: GymnasiumEnvironments? = try GymnasiumEnvironments("CartPole-v1", count: 2, python: Python.name)
    let copy = worlds
    let process = try #require(worlds?.processes.first)
    worlds = nil
    #expect(Processes.isThere(process))
    _ = consume copy
    #expect(!Processes.isThere(process))
    var closed = try GymnasiumEnvironment("CartPole-v1", python: Python.name)
    closed.close()
    #expect(throws: EnvironmentError.ended(environment: "CartPole-v1", how: "was closed", report: "")) {
      try closed.reset(seed: 1)
    }
  }

  /// Sines differ between systems in the last bit.
  private func isClose(_ left: [Float], _ right: [Float]) -> Bool {
    zip(left, right).allSatisfy { abs($0 - $1) <= 1e-5 }
  }
}
