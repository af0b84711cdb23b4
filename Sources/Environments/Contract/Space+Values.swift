// SPDX-License-Identifier: Apache-2.0
// Espalier: values of a space: checking, drawing, encoding.

public import SparseCore

extension Space {
  /// Whether plain numbers are a value of this space.
  ///
  /// - Complexity: O(*flatCount*), without allocating.
  public func contains(_ numbers: Span<Float>) -> Bool {
    numbers.count == flatCount && firstOutside(numbers, 0) == nil
  }

  /// Whether plain numbers are a value of this space.
  public func contains(_ numbers: [Float]) -> Bool { contains(numbers.span) }

  /// What is wrong with plain numbers in words, nil for a value of this space.
  public func objection(to numbers: Span<Float>) -> String? {
    guard numbers.count == flatCount else { return "expected \(flatCount) numbers for \(self), got \(numbers.count)" }
    return firstOutside(numbers, 0).map { "expected a value of \(self), got \(numbers[$0]) as number \($0)" }
  }

  /// The first number from `start` on that breaks this space.
  private func firstOutside(_ numbers: Span<Float>, _ start: Int) -> Int? {
    switch self {
    case .box(let box):
      for index in box.low.indices {
        let number = numbers[start + index]
        guard number >= box.low[index], number <= box.high[index] else { return start + index }
      }
    case .discrete(let count, let first):
      return Self.isChoice(numbers[start], first, count) ? nil : start
    case .multiDiscrete(let counts):
      for index in counts.indices where !Self.isChoice(numbers[start + index], 0, counts[index]) {
        return start + index
      }
    case .multiBinary(let count):
      for index in start..<start + count where numbers[index] != 0 && numbers[index] != 1 { return index }
    case .tuple(let parts):
      var at = start
      for part in parts {
        if let wrong = part.firstOutside(numbers, at) { return wrong }
        at += part.flatCount
      }
    case .named(let parts):
      var at = start
      for part in parts {
        if let wrong = part.space.firstOutside(numbers, at) { return wrong }
        at += part.space.flatCount
      }
    }
    return nil
  }

  private static func isChoice(_ number: Float, _ first: Int, _ count: Int) -> Bool {
    guard let choice = Int(exactly: number) else { return false }
    return choice >= first && choice < first + count
  }

  /// Draws a value: uniform within bounds, exponential beyond one bound, normal without any, as Gymnasium does.
  ///
  /// - Complexity: O(*flatCount*).
  public func sample(from random: inout Random) -> [Float] {
    var numbers: [Float] = []
    numbers.reserveCapacity(flatCount)
    append(to: &numbers, from: &random)
    return numbers
  }

  private func append(to numbers: inout [Float], from random: inout Random) {
    switch self {
    case .box(let box):
      for (low, high) in zip(box.low, box.high) {
        numbers.append(Self.number(low, high, &random))
      }
    case .discrete(let count, let start): numbers.append(Float(start + random.below(count)))
    case .multiDiscrete(let counts): for count in counts { numbers.append(Float(random.below(count))) }
    case .multiBinary(let count): for _ in 0..<count { numbers.append(Float(random.below(2))) }
    case .tuple(let parts): for part in parts { part.append(to: &numbers, from: &random) }
    case .named(let parts): for part in parts { part.space.append(to: &numbers, from: &random) }
    }
  }

  private static func number(_ low: Float, _ high: Float, _ random: inout Random) -> Float {
    switch (low.isFinite, high.isFinite) {
    case (true, true): min(high, low + (high - low) * random.uniform())
    case (true, false): low - Float(Random.logarithm(1 - Double(random.uniform())))
    case (false, true): high + Float(Random.logarithm(1 - Double(random.uniform())))
    case (false, false): random.normal()
    }
  }

  /// Writes a value as a network reads it: numbers as they are, choices one-hot.
  ///
  /// - Parameters:
  ///   - numbers: a value of this space, ``flatCount`` numbers.
  ///   - encoded: takes ``encodedCount`` numbers.
  /// - Complexity: O(*encodedCount*), without allocating.
  public func encode(_ numbers: Span<Float>, into encoded: inout MutableSpan<Float>) {
    precondition(
      numbers.count == flatCount && encoded.count == encodedCount,
      "\(numbers.count) numbers into \(encoded.count) for \(self)")
    var (from, to) = (0, 0)
    encode(numbers, &from, &encoded, &to)
  }

  private func encode(_ numbers: Span<Float>, _ from: inout Int, _ encoded: inout MutableSpan<Float>, _ to: inout Int) {
    switch self {
    case .box, .multiBinary:
      for _ in 0..<flatCount {
        encoded[to] = numbers[from]
        from += 1
        to += 1
      }
    case .discrete(let count, let start):
      Self.oneHot(Int(numbers[from]) - start, count, &encoded, &to)
      from += 1
    case .multiDiscrete(let counts):
      for count in counts {
        Self.oneHot(Int(numbers[from]), count, &encoded, &to)
        from += 1
      }
    case .tuple(let parts): for part in parts { part.encode(numbers, &from, &encoded, &to) }
    case .named(let parts): for part in parts { part.space.encode(numbers, &from, &encoded, &to) }
    }
  }

  private static func oneHot(_ choice: Int, _ count: Int, _ encoded: inout MutableSpan<Float>, _ to: inout Int) {
    for index in 0..<count { encoded[to + index] = index == choice ? 1 : 0 }
    to += count
  }
}
