// SPDX-License-Identifier: Apache-2.0
// Espalier: the bridge against damaged answers.

internal import Datasets

/// Ways into the bridge for hostile bytes, and good ones to begin with: what tests and a fuzzing program call.
package enum BridgeFuzz {
  /// Reads a SPEC of two environments: nil when it was read, else why not.
  package static func specification(_ bytes: [UInt8]) -> String? {
    do throws(BridgeFault) {
      let read = try BridgeSpecification(reading: bytes, count: 2)
      return read.layout.byteCount <= FrameHeader.mostBytes ? nil : ""
    } catch {
      guard case .broken(let expected, let got) = error else { return "" }
      return expected.isEmpty || got.isEmpty ? "" : "expected \(expected), got \(got)"
    }
  }

  /// Plays all that another process says, ended then, to a value that makes, resets and steps two environments.
  ///
  /// - Returns: nil when all went well, the error in words, or an empty text when numbers that are not finite got through.
  package static func conversation(_ bytes: [UInt8]) -> String? {
    do throws(EnvironmentError) {
      guard let peer = ScriptedPeer(saying: bytes) else { return "no more sockets" }
      defer { peer.close() }
      var worlds = try GymnasiumEnvironments(
        "fuzz", count: 2, clients: [peer.client("fuzz")], settings: [:], resets: true)
      var results = VectorStep(for: worlds)
      try worlds.reset(seed: 1, into: &results)
      let actions = [Float](repeating: 0, count: 2 * worlds.actionSpace.flatCount)
      try worlds.step(actions.span, into: &results)
      let isFinite = results.observations.allSatisfy(\.isFinite) && results.rewards.allSatisfy(\.isFinite)
      return isFinite ? nil : ""
    } catch { return error.description }
  }

  /// The SPEC of two environments with three numbers seen and two choices.
  package static let sampleSpecification = Array(
    specificationText(#"{"type":"box","shape":[3],"low":"-inf","high":[1,2.5,"inf"],"dtype":"float64"}"#).utf8)

  /// Other spaces, to splice in.
  package static let otherSpecification = Array(
    specificationText(
      #"{"type":"dict","spaces":[{"key":"a","space":{"type":"tuple","spaces":[{"type":"multi_binary","n":2}]}},"#
        + #"{"key":"b","space":{"type":"multi_discrete","nvec":[4]}}]}"#
    ).utf8)

  /// All that a process says to a greeting, MAKE, RESET and STEP.
  package static var sampleConversation: [UInt8] {
    frame(.helloOK, 1, Array("{}".utf8)) + frame(.specification, 2, sampleSpecification)
      + frame(.state, 3, state(ends: [])) + frame(.state, 4, state(ends: [1])) + frame(.closed, 5, [])
  }

  /// SPEC of two environments with observations of three numbers and two choices.
  private static func specificationText(_ observation: String) -> String {
    let layout = StateLayout(count: 2, size: 3, choices: 2)
    return #"{"agents":[{"name":"agent","group":"agent","observation":"# + observation
      + #","action":{"type":"discrete","n":2,"start":0}}],"num_envs":2,"max_steps":500,"action_dtype":"i32","state":"#
      + layout.json.text() + #","versions":{"python":"3.11.0"}}"#
  }

  /// A frame with its header.
  package static func frame(_ kind: FrameKind, _ sequence: UInt32, _ payload: [UInt8], flags: UInt16 = 0) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: FrameHeader.byteCount) + payload
    FrameHeader(kind, flags: flags, sequence: sequence, length: payload.count).write(to: &bytes)
    return bytes
  }

  /// STATE of the sample's environments: world *w* sees 10 *w* + 0, 1, 2 and gets 0.5 + *w*; those named end, having seen 7s.
  package static func state(ends: Set<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    func append(_ number: some FixedWidthInteger) {
      for byte in 0..<number.bitWidth / 8 { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
    }
    for world in 0..<2 { append((0.5 + Double(world)).bitPattern) }
    for number in [0, 1, 2, 10, 11, 12] as [Float] { append(number.bitPattern) }
    bytes += [1, 0, 1, 1]
    for world in 0..<2 { bytes.append(ends.contains(world) ? 1 : 0) }
    bytes += [0, 0, 1, 1, 0, 0]
    for _ in 0..<3 * ends.count { append(Float(7).bitPattern) }
    return bytes
  }
}
