// SPDX-License-Identifier: Apache-2.0
// Espalier: spaces in files.

internal import Datasets
internal import Environments
internal import Training

extension Space {
  /// The space as JSON: `{"kind": "box", "shape": [2], "low": [...], "high": [...]}`; open sides are "inf" and "-inf".
  var json: JSONValue {
    switch self {
    case .box(let box):
      .object([
        .init("kind", .string("box")), .init("shape", .array(box.shape.map { .integer($0) })),
        .init("low", .array(box.low.map(Self.bound))), .init("high", .array(box.high.map(Self.bound))),
      ])
    case .discrete(let count, let start):
      .object([.init("kind", .string("discrete")), .init("count", .integer(count)), .init("start", .integer(start))])
    case .multiDiscrete(let counts):
      .object([.init("kind", .string("multi_discrete")), .init("counts", .array(counts.map { .integer($0) }))])
    case .multiBinary(let count):
      .object([.init("kind", .string("multi_binary")), .init("count", .integer(count))])
    case .tuple(let parts):
      .object([.init("kind", .string("tuple")), .init("parts", .array(parts.map(\.json)))])
    case .named(let parts):
      .object([
        .init("kind", .string("dict")), .init("keys", .array(parts.map { .string($0.key) })),
        .init("parts", .array(parts.map(\.space.json))),
      ])
    }
  }

  private static func bound(_ value: Float) -> JSONValue {
    value == .infinity ? .string("inf") : value == -.infinity ? .string("-inf") : .number(Double(value))
  }

  /// Numbers that a space may take, so that a small file cannot ask for much memory.
  private static let mostNumbers = 1 << 24

  /// Reads what ``json`` wrote; nil when it is none.
  init?(json: JSONValue, depth: Int = 0) {
    guard depth < 8 else { return nil }
    switch json["kind"]?.asString {
    case "box":
      guard let shape = json["shape"]?.asArray?.compactMap(\.asInt), let low = Self.bounds(json["low"]),
        let high = Self.bounds(json["high"]), shape.allSatisfy({ $0 >= 0 && $0 <= Self.mostNumbers }),
        shape.reduce(1.0, { $0 * Double($1) }) == Double(low.count), low.count == high.count,
        zip(low, high).allSatisfy({ $0 <= $1 })
      else { return nil }
      self = .box(Box(low: low, high: high, shape: shape))
    case "discrete":
      guard let count = json["count"]?.asInt, let start = json["start"]?.asInt, (1...Self.mostNumbers).contains(count),
        abs(start) <= Self.mostNumbers
      else { return nil }
      self = .discrete(count, start: start)
    case "multi_discrete":
      guard let list = json["counts"]?.asArray, !list.isEmpty else { return nil }
      let counts = list.compactMap(\.asInt)
      guard counts.count == list.count, counts.allSatisfy({ $0 > 0 && $0 <= Self.mostNumbers }),
        counts.reduce(0, +) <= Self.mostNumbers
      else { return nil }
      self = .multiDiscrete(counts)
    case "multi_binary":
      guard let count = json["count"]?.asInt, (1...Self.mostNumbers).contains(count) else { return nil }
      self = .multiBinary(count: count)
    case "tuple":
      guard let parts = Self.parts(json, depth) else { return nil }
      self = .tuple(parts)
    case "dict":
      guard let parts = Self.parts(json, depth), let keys = json["keys"]?.asArray?.compactMap(\.asString),
        keys.count == parts.count
      else { return nil }
      self = .named(zip(keys, parts).map { NamedSpace($0, $1) })
    default: return nil
    }
  }

  private static func parts(_ json: JSONValue, _ depth: Int) -> [Space]? {
    guard let list = json["parts"]?.asArray else { return nil }
    let parts = list.compactMap { Space(json: $0, depth: depth + 1) }
    return parts.count == list.count ? parts : nil
  }

  private static func bounds(_ json: JSONValue?) -> [Float]? {
    guard let list = json?.asArray else { return nil }
    var bounds: [Float] = []
    for value in list {
      switch value {
      case .string("inf"): bounds.append(.infinity)
      case .string("-inf"): bounds.append(-.infinity)
      default:
        guard let number = value.asDouble, number.isFinite else { return nil }
        bounds.append(Float(number))
      }
    }
    return bounds
  }
}
