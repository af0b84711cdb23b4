// SPDX-License-Identifier: Apache-2.0
// Espalier: spaces as another process tells them.

internal import Datasets

extension Space {
  /// Numbers of a value, at most: what fits one frame.
  private static let most = FrameHeader.mostBytes / 4

  /// Reads a space of SPEC.
  ///
  /// - Throws: ``BridgeFault/broken(expected:got:)``.
  init(_ json: JSONValue) throws(BridgeFault) {
    var left = Self.most
    self = try Self.read(json, &left)
  }

  private static func read(_ json: JSONValue, _ left: inout Int) throws(BridgeFault) -> Space {
    let kind = json["type"]?.asString ?? json.kind
    switch kind {
    case "box": return try box(json, &left)
    case "discrete":
      let count = try size(json["n"], "choices", &left, taking: 1)
      let start = json["start"]?.asInt ?? 0
      guard start >= -exact, start <= exact - count else {
        throw .broken(expected: "choices within 2^24 of 0", got: "\(count) from \(start)")
      }
      return .discrete(count, start: start)
    case "multi_discrete":
      var counts: [Int] = []
      for count in json["nvec"]?.asArray ?? [] {
        counts.append(try size(count, "choices", &left, taking: 1))
      }
      guard !counts.isEmpty else { throw .broken(expected: "the choices of a MultiDiscrete", got: "none") }
      return .multiDiscrete(counts)
    case "multi_binary":
      let count = try size(json["n"], "bits", &left, taking: nil)
      return .multiBinary(count: count)
    case "tuple":
      var parts: [Space] = []
      for part in json["spaces"]?.asArray ?? [] { parts.append(try read(part, &left)) }
      return .tuple(parts)
    case "dict":
      var parts: [NamedSpace] = []
      for part in json["spaces"]?.asArray ?? [] {
        guard let key = part["key"]?.asString, let space = part["space"],
          !parts.contains(where: { $0.key == key })
        else { throw .broken(expected: "a Dict's part with a key of its own", got: String(part.text().prefix(80))) }
        parts.append(NamedSpace(key, try read(space, &left)))
      }
      return .named(parts)
    default: throw .broken(expected: "a space", got: "'\(kind.prefix(80))'")
    }
  }

  /// Whole numbers up to here are exact as `Float`.
  private static let exact = 1 << 24

  /// A count of 1 to 2^24, and the numbers it takes.
  private static func size(
    _ json: JSONValue?, _ what: String, _ left: inout Int, taking numbers: Int?
  ) throws(BridgeFault) -> Int {
    guard let count = json?.asInt, count > 0, count <= exact else {
      throw .broken(expected: "1 to 2^24 \(what)", got: json.map { String($0.text().prefix(40)) } ?? "none")
    }
    try take(numbers ?? count, &left)
    return count
  }

  private static func take(_ count: Int, _ left: inout Int) throws(BridgeFault) {
    guard count <= left else { throw .broken(expected: "a space of at most \(most) numbers", got: "more") }
    left -= count
  }

  private static func box(_ json: JSONValue, _ left: inout Int) throws(BridgeFault) -> Space {
    var shape: [Int] = []
    var count = 1
    guard let sides = json["shape"]?.asArray else { throw .broken(expected: "the shape of a Box", got: "none") }
    for side in sides {
      guard let length = side.asInt, length >= 0, length <= most else {
        throw .broken(expected: "a Box's side of 0 to \(most)", got: String(side.text().prefix(40)))
      }
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: length)
      guard !isTooLarge else { throw .broken(expected: "a space of at most \(most) numbers", got: "more") }
      count = product
      shape.append(length)
    }
    try take(count, &left)
    let low = try bounds(json["low"], count)
    let high = try bounds(json["high"], count)
    guard zip(low, high).allSatisfy({ $0 <= $1 }) else {
      throw .broken(expected: "a Box's least values below its greatest", got: "some above")
    }
    return .box(Box(low: low, high: high, shape: shape))
  }

  /// One bound for all numbers, or one for each.
  private static func bounds(_ json: JSONValue?, _ count: Int) throws(BridgeFault) -> [Float] {
    guard let json else { throw .broken(expected: "the bounds of a Box", got: "none") }
    guard let each = json.asArray else { return [Float](repeating: try bound(json), count: count) }
    guard each.count == count else { throw .broken(expected: "\(count) bounds of a Box", got: "\(each.count)") }
    var bounds: [Float] = []
    bounds.reserveCapacity(count)
    for value in each { bounds.append(try bound(value)) }
    return bounds
  }

  private static func bound(_ json: JSONValue) throws(BridgeFault) -> Float {
    if let number = json.asDouble { return Float(number) }
    switch json.asString {
    case "inf": return .infinity
    case "-inf": return -.infinity
    default: throw .broken(expected: "a bound: a number, \"inf\" or \"-inf\"", got: String(json.text().prefix(40)))
    }
  }
}
