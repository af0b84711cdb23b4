// SPDX-License-Identifier: Apache-2.0
// Espalier: where the arrays of an answer lie.

internal import Datasets

/// Where the arrays of STATE lie in its payload: one after another, each at the next multiple of its element's size.
struct StateLayout: Sendable, Equatable {
  /// Environments.
  let count: Int
  /// Numbers of an observation.
  let size: Int
  /// Choices of a mask, 0 when there is none.
  let choices: Int

  /// Bytes of all before the final observations.
  var base: Int { (alive + count + 3) / 4 * 4 }
  /// Bytes when every episode ended.
  var byteCount: Int { base + 4 * count * size }

  var rewards: Int { 0 }
  var observations: Int { 8 * count }
  var masks: Int { observations + 4 * count * size }
  var terminated: Int { masks + count * choices }
  var truncated: Int { terminated + count }
  var alive: Int { truncated + count }

  /// As SPEC tells it.
  var json: JSONValue {
    func array(_ name: String, _ kind: String, _ shape: [Int], _ offset: Int) -> JSONValue {
      [
        "name": .string(name), "dtype": .string(kind), "shape": .array(shape.map { .integer($0) }),
        "offset": .integer(offset),
      ]
    }
    return [
      array("rewards", "f64", [count, 1], rewards),
      array("observations", "f32", [count, 1, size], observations),
      array("action_masks", "u8", [count, 1, choices], masks),
      array("terminated", "u8", [count, 1], terminated),
      array("truncated", "u8", [count, 1], truncated),
      array("alive", "u8", [count, 1], alive),
      array("final_observations", "f32", [count, 1, size], base),
    ]
  }

  /// Whether SPEC tells the same, whatever the order of its keys.
  func isTold(by json: JSONValue?) -> Bool {
    guard let ours = self.json.asArray, let theirs = json?.asArray, ours.count == theirs.count else { return false }
    return zip(ours, theirs).allSatisfy { our, their in
      ["name", "dtype", "shape", "offset"].allSatisfy { our[$0] == their[$0] }
    }
  }
}
