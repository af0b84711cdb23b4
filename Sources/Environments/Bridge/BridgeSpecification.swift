// SPDX-License-Identifier: Apache-2.0
// Espalier: what the other side has made.

internal import Datasets

/// What the answer SPEC says.
struct BridgeSpecification: Sendable, Equatable {
  let observationSpace: Space
  let actionSpace: Space
  /// Environments.
  let count: Int
  /// After how many steps an episode is cut; nil when it is not.
  let timeLimit: Int?
  /// Of the other side's language and libraries.
  let versions: [String: String]
  /// Where the arrays of STATE lie.
  let layout: StateLayout

  /// Whether actions are whole numbers.
  var actsByChoice: Bool { actionSpace.isWhole }

  /// Reads SPEC.
  ///
  /// - Parameter count: the environments asked for.
  /// - Throws: ``BridgeFault/broken(expected:got:)``.
  init(reading bytes: [UInt8], count: Int) throws(BridgeFault) {
    let json = try JSONValue.message(bytes)
    guard let agents = json["agents"]?.asArray, agents.count == 1, let observation = agents[0]["observation"],
      let action = agents[0]["action"]
    else { throw .broken(expected: "one agent with an observation and an action", got: json.excerpt) }
    observationSpace = try Space(observation)
    actionSpace = try Space(action)
    guard json["num_envs"]?.asInt == count else {
      throw .broken(expected: "\(count) environments", got: json["num_envs"]?.excerpt ?? "none")
    }
    self.count = count
    let limit = json["max_steps"]?.asInt
    timeLimit = limit.flatMap { $0 > 0 ? $0 : nil }
    var versions: [String: String] = [:]
    for member in json["versions"]?.asObject ?? [] { versions[member.key] = member.value.asString }
    self.versions = versions
    let kind = actionSpace.isWhole ? "i32" : "f32"
    guard json["action_dtype"]?.asString == kind else {
      throw .broken(expected: "actions as \(kind)", got: json["action_dtype"]?.excerpt ?? "none")
    }
    layout = StateLayout(count: count, size: observationSpace.flatCount, choices: actionSpace.choiceCount)
    guard layout.byteCount <= FrameHeader.mostBytes else {
      throw .broken(expected: "a STATE of at most \(FrameHeader.mostBytes) bytes", got: "\(layout.byteCount)")
    }
    guard layout.isTold(by: json["state"]) else {
      throw .broken(expected: "the arrays \(layout.json.text())", got: json["state"]?.excerpt ?? "none")
    }
  }
}

extension JSONValue {
  /// Reads the JSON payload of a frame.
  static func message(_ bytes: [UInt8]) throws(BridgeFault) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(parsing: bytes)
    } catch { throw .broken(expected: "a message in JSON", got: "a fault at \(error)") }
  }

  /// The beginning of the text.
  var excerpt: String { String(text().prefix(120)) }
}

extension Space {
  /// Whether all numbers of a value are whole.
  var isWhole: Bool {
    switch self {
    case .box: false
    case .discrete, .multiDiscrete, .multiBinary: true
    case .tuple(let parts): parts.allSatisfy(\.isWhole)
    case .named(let parts): parts.allSatisfy(\.space.isWhole)
    }
  }

  /// The choices of one discrete action, which may be masked; else 0.
  var choiceCount: Int { if case .discrete(let count, _) = self { count } else { 0 } }
}
