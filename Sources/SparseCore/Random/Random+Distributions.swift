// SPDX-License-Identifier: Apache-2.0
// Espalier: uniform, normal and combinatorial draws.

extension Random {
  /// A float in [0, 1), a multiple of 2⁻²⁴.
  public mutating func uniform() -> Float {
    Float(nextWord() >> 8) * 0x1p-24
  }

  /// A double in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniformDouble() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A whole number in `0 ..< bound`, without bias (Lemire's method).
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "a draw below \(bound)")
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// A standard normal number, by Marsaglia's polar method.
  public mutating func normal() -> Float {
    while true {
      let x = 2 * uniformDouble() - 1
      let y = 2 * uniformDouble() - 1
      let square = x * x + y * y
      if square > 0 && square < 1 {
        return Float(x * (-2 * Self.logarithm(square) / square).squareRoot())
      }
    }
  }

  /// Fills with standard normal numbers, by Marsaglia's polar method, of which both numbers of a draw are used.
  ///
  /// About three times as fast as as many calls of ``normal()``, whose numbers differ from these.
  public mutating func fillWithNormals(_ numbers: inout [Float]) {
    var index = 0
    while index < numbers.count {
      let x = Double(Int32(bitPattern: nextWord())) * 0x1p-31
      let y = Double(Int32(bitPattern: nextWord())) * 0x1p-31
      let square = x * x + y * y
      guard square > 0 && square < 1 else { continue }
      let factor = (-2 * Self.logarithm(square) / square).squareRoot()
      numbers[index] = Float(x * factor)
      if index + 1 < numbers.count { numbers[index + 1] = Float(y * factor) }
      index += 2
    }
  }

  /// Shuffles in place (Fisher and Yates).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    var last = elements.count - 1
    while last > 0 {
      elements.swapAt(last, below(last + 1))
      last -= 1
    }
  }

  /// Shuffles whole numbers in place, as the other shuffle does, without allocating.
  public mutating func shuffle(_ numbers: inout [Int]) {
    var last = numbers.count - 1
    while last > 0 {
      numbers.swapAt(last, below(last + 1))
      last -= 1
    }
  }

  /// `count` distinct numbers of `0 ..< bound`, every subset equally likely, in rising order.
  ///
  /// Draws until enough are distinct; when more than half are asked for, draws those to leave out instead.
  ///
  /// - Complexity: O(*count*) expected draws, one sort, O(min(*count*, *bound* - *count*)) extra memory.
  public mutating func distinct(_ count: Int, below bound: Int) -> [Int] {
    precondition(count >= 0 && count <= bound, "\(count) distinct numbers below \(bound)")
    guard count > 0 else { return [] }
    if count > bound / 2 {
      let left = distinct(bound - count, below: bound)
      var chosen: [Int] = []
      chosen.reserveCapacity(count)
      var next = 0
      for value in 0..<bound {
        if next < left.count && left[next] == value { next += 1 } else { chosen.append(value) }
      }
      return chosen
    }
    var chosen: [Int] = []
    chosen.reserveCapacity(count)
    while chosen.count < count {
      for _ in chosen.count..<count { chosen.append(below(bound)) }
      radixSort(&chosen)
      removeRepeats(&chosen)
    }
    return chosen
  }

  private func removeRepeats(_ sorted: inout [Int]) {
    var kept = 0
    for index in sorted.indices where index == 0 || sorted[index] != sorted[kept - 1] {
      sorted[kept] = sorted[index]
      kept += 1
    }
    sorted.removeLast(sorted.count - kept)
  }

  /// The natural logarithm from IEEE-exact operations only, to about 1 ulp.
  ///
  /// x = 2ᵉ·m with m in [√½, √2); ln m = 2·artanh((m-1)/(m+1)) by its odd series.
  package static func logarithm(_ x: Double) -> Double {
    var exponent = Double(x.exponent)
    var mantissa = x.significand
    if mantissa > 1.4142135623730951 {
      mantissa /= 2
      exponent += 1
    }
    let z = (mantissa - 1) / (mantissa + 1)
    let square = z * z
    // Written out, since the quotients are then known before the program runs; the loop over them would divide.
    var sum = 1.0 / 25
    sum = sum * square + 1.0 / 23
    sum = sum * square + 1.0 / 21
    sum = sum * square + 1.0 / 19
    sum = sum * square + 1.0 / 17
    sum = sum * square + 1.0 / 15
    sum = sum * square + 1.0 / 13
    sum = sum * square + 1.0 / 11
    sum = sum * square + 1.0 / 9
    sum = sum * square + 1.0 / 7
    sum = sum * square + 1.0 / 5
    sum = sum * square + 1.0 / 3
    sum = sum * square + 1.0
    return 2 * z * sum + exponent * 0.6931471805599453
  }
}

/// Sorts non-negative numbers in rising order.
///
/// Least significant digit first, 11 bits a pass, only as many passes as the largest number needs; short lists go to
/// the standard sort.
///
/// - Complexity: O(*count*) time a pass, *count* extra numbers of memory.
package func radixSort(_ numbers: inout [Int]) {
  guard numbers.count > 2048 else {
    numbers.sort()
    return
  }
  var scratch = [Int](repeating: 0, count: numbers.count)
  let largest = numbers.max() ?? 0
  var shift = 0
  while shift < Int.bitWidth && largest >> shift > 0 {
    var starts = [Int](repeating: 0, count: 2049)
    for number in numbers { starts[(number >> shift) & 2047 + 1] += 1 }
    for digit in 0..<2048 { starts[digit + 1] += starts[digit] }
    for number in numbers {
      let digit = (number >> shift) & 2047
      scratch[starts[digit]] = number
      starts[digit] += 1
    }
    swap(&numbers, &scratch)
    shift += 11
  }
}
