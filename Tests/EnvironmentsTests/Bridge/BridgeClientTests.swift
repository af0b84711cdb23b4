// SPDX-License-Identifier: Apache-2.0
// Espalier: environments of a process that is played.

internal import Datasets
internal import SparseCore
internal import Testing

@testable internal import Environments

@Suite("Conversations of the bridge")
struct BridgeClientTests {
  /// The worlds of a played process, after `answers` to a greeting and MAKE.
  private func worlds(
    _ answers: [UInt8], count: Int = 2
  ) throws -> (worlds: GymnasiumEnvironments, results: VectorStep, peer: ScriptedPeer) {
    let opening =
      BridgeFuzz.frame(.helloOK, 1, Array("{}".utf8))
      + BridgeFuzz.frame(.specification, 2, BridgeFuzz.sampleSpecification)
    let peer = try #require(ScriptedPeer(saying: opening + answers))
    let worlds = try GymnasiumEnvironments(
      "Played-v0", count: 2, clients: [peer.client("Played-v0")], settings: ["goal": [1, "b", nil]], resets: true)
    return (worlds, VectorStep(for: worlds), peer)
  }

  @Test("what is asked has the protocol's bytes, and answers come to their places")
  func exchange() throws {
    var (worlds, results, peer) = try worlds(
      BridgeFuzz.frame(.state, 3, BridgeFuzz.state(ends: [])) + BridgeFuzz.frame(.state, 4, BridgeFuzz.state(ends: [1]))
        + BridgeFuzz.frame(.state, 5, BridgeFuzz.state(ends: [0, 1]), flags: 1))
    #expect(worlds.observationSpace == .box(low: [-.infinity, -.infinity, -.infinity], high: [1, 2.5, .infinity]))
    #expect(worlds.actionSpace == .discrete(2) && worlds.timeLimit == 500 && worlds.versions == ["python": "3.11.0"])
    #expect(
      peer.heard()
        == BridgeFuzz.frame(.hello, 1, Array(#"{"protocols":[1],"client":"espalier"}"#.utf8))
        + BridgeFuzz.frame(
          .make, 2,
          Array(
            (#"{"id":"Played-v0","kwargs":{"goal":[1,"b",null]},"num_envs":2,"autoreset":"same_step","#
              + #""wrapper":"gymnasium"}"#).utf8)))
    try worlds.reset(seed: 258, into: &results)
    #expect(
      peer.heard()
        == BridgeFuzz.frame(
          .reset, 3, [1, 1, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0]))
    #expect(results.observations == [0, 1, 2, 10, 11, 12] && results.endings == [nil, nil])
    #expect(worlds.actionMasks == nil)
    try worlds.step([1, 0].span, into: &results)
    #expect(peer.heard() == BridgeFuzz.frame(.step, 4, [1, 0, 0, 0, 0, 0, 0, 0]))
    #expect(results.rewards == [0.5, 1.5] && results.endings == [nil, .terminated])
    #expect(Array(results.finalObservations[3...]) == [7, 7, 7])
    try worlds.step([1, 1].span, into: &results)
    #expect(results.endings == [.terminated, .terminated] && results.finalObservations == [7, 7, 7, 7, 7, 7])
    #expect(worlds.actionMasks == [true, false, true, true])
  }

  @Test("an action that is no choice is refused before it is sent")
  func actions() throws {
    var (worlds, results, peer) = try worlds(BridgeFuzz.frame(.state, 3, BridgeFuzz.state(ends: [])))
    _ = peer.heard()
    for action in [2, -1, 0.5, .nan] as [Float] {
      let error = #expect(throws: EnvironmentError.self) { try worlds.step([0, action].span, into: &results) }
      guard case .broken(_, _, let got) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(got.contains("in world 1"))
    }
    #expect(peer.heard().isEmpty)
    try worlds.reset(seed: 1, into: &results)
    #expect(throws: EnvironmentError.self) { try worlds.reset(seed: .max, into: &results) }
  }

  @Test("the environment's own failure is told with its world and traceback, and leaves the process")
  func failure() throws {
    let account =
      #"{"code":"env_exception","where":"step","env":1,"type":"ValueError","message":"too hot","traceback":"line 3"}"#
    let violation =
      #"{"code":"spec_violation","where":"step","env":0,"type":"Refusal","message":"m","traceback":"","#
      + #""expected":"a Box","got":"a boot"}"#
    var (worlds, results, peer) = try worlds(
      BridgeFuzz.frame(.error, 3, Array(account.utf8)) + BridgeFuzz.frame(.error, 4, Array(violation.utf8))
        + BridgeFuzz.frame(.state, 5, BridgeFuzz.state(ends: [])))
    defer { peer.close() }
    #expect(
      throws: EnvironmentError.failed(
        environment: "Played-v0", during: "step of world 1", message: "ValueError: too hot", report: "line 3")
    ) { try worlds.step([0, 0].span, into: &results) }
    #expect(
      throws: EnvironmentError.broken(environment: "Played-v0", expected: "a Box", got: "a boot in step of world 0")
    ) { try worlds.step([0, 0].span, into: &results) }
    try worlds.reset(seed: 1, into: &results)
    #expect(results.observations == [0, 1, 2, 10, 11, 12])
  }

  @Test("answers that break the protocol end the connection, with the same words from then on")
  func broken() throws {
    let state = BridgeFuzz.state(ends: [])
    let frames: [([UInt8], String)] = [
      (BridgeFuzz.frame(.state, 4, state), "expected an answer to request 3, got one to request 4"),
      (BridgeFuzz.frame(.pong, 3, state), "expected an answer to reset, got a frame of kind 13"),
      (BridgeFuzz.frame(.state, 3, Array(state.dropLast())), "expected a STATE of 52 bytes or more, got 51"),
      (BridgeFuzz.frame(.state, 3, state + [0]), "expected a STATE of 52 bytes for 0 ends of episodes, got 53"),
      (
        BridgeFuzz.frame(.state, 3, Array(BridgeFuzz.state(ends: [1]).dropLast(4))),
        "expected a STATE of 64 bytes for 1 ends of episodes, got 60"
      ),
      (BridgeFuzz.frame(.state, 3, changed(state, 44, [2])), "expected flags that are 0 or 1, got 2 and 0 in world 0"),
      (
        BridgeFuzz.frame(.state, 3, changed(state, 8, [0, 0, 0, 0, 0, 0, 0xF8, 0x7F])),
        "expected finite rewards, got nan in world 1"
      ),
      (
        BridgeFuzz.frame(.state, 3, changed(state, 32, [0, 0, 0x80, 0x7F])),
        "expected finite observations, got inf as number 1 of world 1"
      ),
      (BridgeFuzz.frame(.error, 3, Array("[]".utf8)), "expected an error with its place and message, got []"),
    ]
    for (frame, words) in frames {
      var (worlds, results, peer) = try worlds(frame)
      defer { peer.close() }
      for _ in 0..<2 {
        let error = #expect(throws: EnvironmentError.self) { try worlds.reset(seed: 1, into: &results) }
        #expect(error?.description == "environment 'Played-v0': " + words)
      }
    }
  }

  private func changed(_ bytes: [UInt8], _ offset: Int, _ with: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes.replaceSubrange(offset..<offset + with.count, with: with)
    return bytes
  }

  @Test("several processes: each gets its part; one's failure leaves none a request behind")
  func severalProcesses() throws {
    let opening =
      BridgeFuzz.frame(.helloOK, 1, Array("{}".utf8))
      + BridgeFuzz.frame(.specification, 2, BridgeFuzz.sampleSpecification)
    let account = #"{"code":"env_exception","where":"reset","env":1,"type":"E","message":"m","traceback":""}"#
    let good = BridgeFuzz.frame(.state, 4, BridgeFuzz.state(ends: []))
    let left = try #require(
      ScriptedPeer(saying: opening + BridgeFuzz.frame(.state, 3, BridgeFuzz.state(ends: [])) + good))
    let right = try #require(ScriptedPeer(saying: opening + BridgeFuzz.frame(.error, 3, Array(account.utf8)) + good))
    var worlds = try GymnasiumEnvironments(
      "Played-v0", count: 4, clients: [left.client("Played-v0"), right.client("Played-v0", first: 2)], settings: [:],
      resets: true)
    var results = VectorStep(for: worlds)
    #expect(
      throws: EnvironmentError.failed(
        environment: "Played-v0", during: "reset of world 3", message: "E: m", report: "")
    ) { try worlds.reset(seed: 7, into: &results) }
    _ = (left.heard(), right.heard())
    try worlds.reset(seed: 7, into: &results)
    #expect(results.observations == [0, 1, 2, 10, 11, 12, 0, 1, 2, 10, 11, 12])
    #expect(Array(right.heard().dropFirst(24).prefix(1)) == [9])
  }

  @Test("pictures come with their sides, which must fit")
  func pictures() throws {
    let sides: [UInt8] = [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]
    let (worlds, _, peer) = try worlds(
      BridgeFuzz.frame(.picture, 3, sides + [1, 2, 3, 4, 5, 6]) + BridgeFuzz.frame(.picture, 4, sides + [1]))
    _ = peer.heard()
    #expect(
      try worlds.picture(of: 1) == RenderedPicture(height: 1, width: 2, channels: 3, bytes: [1, 2, 3, 4, 5, 6]))
    #expect(peer.heard() == BridgeFuzz.frame(.render, 3, [1, 0, 0, 0]))
    #expect(throws: EnvironmentError.self) { try worlds.picture(of: 0) }
  }
}
