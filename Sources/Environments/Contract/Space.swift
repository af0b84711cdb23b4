// SPDX-License-Identifier: Apache-2.0
// Espalier: what observations and actions may be.

/// The values that an observation or an action may have: Gymnasium's spaces as a Swift value.
///
/// Every value of a space can be written as plain numbers, one after another (``flatCount`` of them), which is how
/// environments, agents and files exchange them without allocating. A box is its numbers; a discrete choice is one number, the
/// choice itself (not one-hot: ``encodedCount`` and ``encode(_:into:)`` do that for networks); the parts of tuples and
/// dictionaries follow one another, those of dictionaries in the order of their keys.
///
///     let space = Space.box(low: [-1, -1], high: [1, 1])
///     space.contains([0.3, -0.2])                  // true
///     space.sample(from: &random)                  // two numbers
///     Space.discrete(4).encodedCount               // 4
public indirect enum Space: Sendable, Equatable {
  /// Real numbers within bounds, of a shape whose last dimension is contiguous.
  case box(Box)
  /// One of `count` choices: `start ..< start + count`.
  case discrete(_ count: Int, start: Int = 0)
  /// Several choices at once, each from 0.
  case multiDiscrete([Int])
  /// `count` numbers that are 0 or 1.
  case multiBinary(count: Int)
  /// Parts in order.
  case tuple([Space])
  /// Parts by name; Gymnasium keeps them sorted by key, and so does ``dictionary(_:)``.
  case named([NamedSpace])

  /// A part of a dictionary.
  public struct NamedSpace: Sendable, Equatable {
    /// Its name.
    public let key: String
    /// What its values may be.
    public let space: Space

    /// Joins the parts.
    public init(_ key: String, _ space: Space) {
      self.key = key
      self.space = space
    }
  }

  /// A vector of real numbers within bounds.
  ///
  /// - Parameters: `low` and `high` have one number for each of the vector; infinite ones leave a side open.
  public static func box(low: [Float], high: [Float]) -> Space { .box(Box(low: low, high: high, shape: [low.count])) }

  /// `count` real numbers within the same bounds.
  public static func box(_ count: Int, from low: Float = -.infinity, to high: Float = .infinity) -> Space {
    .box(low: [Float](repeating: low, count: count), high: [Float](repeating: high, count: count))
  }

  /// Parts by name, sorted by key.
  public static func dictionary(_ parts: [String: Space]) -> Space {
    .named(parts.keys.sorted().map { NamedSpace($0, parts[$0] ?? .tuple([])) })
  }

  /// How many plain numbers a value takes.
  public var flatCount: Int {
    switch self {
    case .box(let box): box.low.count
    case .discrete: 1
    case .multiDiscrete(let counts): counts.count
    case .multiBinary(let count): count
    case .tuple(let parts): parts.reduce(0) { $0 + $1.flatCount }
    case .named(let parts): parts.reduce(0) { $0 + $1.space.flatCount }
    }
  }

  /// How many numbers a network reads for a value: choices are one-hot.
  public var encodedCount: Int {
    switch self {
    case .box(let box): box.low.count
    case .discrete(let count, _): count
    case .multiDiscrete(let counts): counts.reduce(0, +)
    case .multiBinary(let count): count
    case .tuple(let parts): parts.reduce(0) { $0 + $1.encodedCount }
    case .named(let parts): parts.reduce(0) { $0 + $1.space.encodedCount }
    }
  }
}

extension Space {
  /// Real numbers within bounds.
  public struct Box: Sendable, Equatable {
    /// The least values, row-major.
    public let low: [Float]
    /// The greatest values, row-major.
    public let high: [Float]
    /// Sides, the last one contiguous.
    public let shape: [Int]

    /// - Precondition: `low` and `high` have as many numbers as the shape, and no least value is above its greatest.
    public init(low: [Float], high: [Float], shape: [Int]) {
      precondition(
        low.count == high.count && shape.reduce(1, *) == low.count,
        "a box of shape \(shape) with \(low.count) least and \(high.count) greatest values")
      precondition(zip(low, high).allSatisfy { $0 <= $1 }, "a box whose least value is above its greatest")
      self.low = low
      self.high = high
      self.shape = shape
    }

    /// Whether all numbers have a bound on both sides.
    public var isBounded: Bool { zip(low, high).allSatisfy { $0.isFinite && $1.isFinite } }
  }
}

extension Space: CustomStringConvertible {
  /// As Gymnasium prints it, but for bounds that are all alike: "Box(4, -1...1)", "Discrete(2)".
  public var description: String {
    switch self {
    case .box(let box):
      let sides = box.shape.map { "\($0)" }.joined(separator: " x ")
      guard let low = box.low.first, let high = box.high.first else { return "Box(\(sides))" }
      let isAlike = box.low.allSatisfy { $0 == low } && box.high.allSatisfy { $0 == high }
      return isAlike ? "Box(\(sides), \(low)...\(high))" : "Box(\(sides), \(box.low)...\(box.high))"
    case .discrete(let count, let start): return start == 0 ? "Discrete(\(count))" : "Discrete(\(count), from \(start))"
    case .multiDiscrete(let counts): return "MultiDiscrete(\(counts.map { "\($0)" }.joined(separator: ", ")))"
    case .multiBinary(let count): return "MultiBinary(\(count))"
    case .tuple(let parts): return "Tuple(\(parts.map(\.description).joined(separator: ", ")))"
    case .named(let parts): return "Dict(\(parts.map { "\($0.key): \($0.space)" }.joined(separator: ", ")))"
    }
  }
}
