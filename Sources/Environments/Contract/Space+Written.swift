// SPDX-License-Identifier: Apache-2.0
// Espalier: spaces in files.

package import Datasets

extension Space {
  /// The space as JSON, in the form in which other processes tell theirs: `{"type": "box", "shape": [2], "low": [...], "high": [...]}`;
  /// open sides are "inf" and "-inf".
  package var json: JSONValue {
    switch self {
    case .box(let box):
      .object([
        .init("type", .string("box")), .init("shape", .array(box.shape.map { .integer($0) })),
        .init("low", .array(box.low.map(Self.written))), .init("high", .array(box.high.map(Self.written))),
      ])
    case .discrete(let count, let start):
      .object([.init("type", .string("discrete")), .init("n", .integer(count)), .init("start", .integer(start))])
    case .multiDiscrete(let counts):
      .object([.init("type", .string("multi_discrete")), .init("nvec", .array(counts.map { .integer($0) }))])
    case .multiBinary(let count):
      .object([.init("type", .string("multi_binary")), .init("n", .integer(count))])
    case .tuple(let parts):
      .object([.init("type", .string("tuple")), .init("spaces", .array(parts.map(\.json)))])
    case .named(let parts):
      .object([
        .init("type", .string("dict")),
        .init("spaces", .array(parts.map { .object([.init("key", .string($0.key)), .init("space", $0.space.json)]) })),
      ])
    }
  }

  private static func written(_ bound: Float) -> JSONValue {
    bound == .infinity ? .string("inf") : bound == -.infinity ? .string("-inf") : .number(Double(bound))
  }

  /// Reads what ``json`` wrote; nil when it is no space, or one of too many numbers.
  package init?(json: JSONValue) {
    guard let space = try? Space(json) else { return nil }
    self = space
  }
}
