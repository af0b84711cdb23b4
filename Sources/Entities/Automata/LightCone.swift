// SPDX-License-Identifier: Apache-2.0
// Espalier: the first cells that a window of a cellular automaton depends on.

/// The cells that some cells of a cellular automaton depend on, slice after slice, and every choice of the first ones.
struct LightCone<Scalar: ProbabilityScalar> {
  /// A cell that a pattern fixes.
  struct Observed {
    let time: Int
    /// Its place in the list of its slice.
    let index: Int
    let value: Int
  }

  let rule: CellRule
  /// For each slice after the first and each of its cells the places of its sources in the slice before.
  let sources: [[Int]]
  /// The probability that each of the first cells is 1.
  let inputs: [Scalar]
  let observed: [Observed]

  /// The most first cells whose choices are all looked at.
  static var mostInputs: Int { 26 }

  /// Collects what the observed cells depend on.
  ///
  /// - Parameters:
  ///   - cells: time and position of every observed cell, and its value.
  ///   - neighbours: the positions in the slice before that a position depends on.
  ///   - probability: that a first cell at a position is 1.
  init(
    rule: CellRule, cells: [(time: Int, position: Int, value: Int)], neighbours: (Int) -> [Int],
    probability: (Int) -> Scalar
  ) throws(EntityError) {
    let last = cells.map(\.time).max() ?? 0
    var layers = [Set<Int>](repeating: [], count: last + 1)
    for cell in cells { layers[cell.time].insert(cell.position) }
    for time in stride(from: last, to: 0, by: -1) {
      for position in layers[time] { layers[time - 1].formUnion(neighbours(position)) }
      guard layers[time - 1].count <= Self.mostInputs || time > 1 else { break }
    }
    let ordered = layers.map { $0.sorted() }
    guard ordered[0].count <= Self.mostInputs else {
      throw .tooLarge(
        what: "the first cells that this window depends on", limit: "\(Self.mostInputs)", got: "\(ordered[0].count)",
        advice: "choose fewer cells or fewer steps")
    }
    let places = ordered.map { layer in Dictionary(uniqueKeysWithValues: zip(layer, layer.indices)) }
    self.rule = rule
    sources = (0..<last).map { time in
      ordered[time + 1].flatMap { neighbours($0).map { places[time][$0] ?? 0 } }
    }
    inputs = ordered[0].map(probability)
    observed = cells.map { Observed(time: $0.time, index: places[$0.time][$0.position] ?? 0, value: $0.value) }
  }

  /// The probability of every set of agreements, at index of the set; bit *k* stands for the observed cell *k*.
  ///
  /// - Complexity: 2^*inputs* worlds, 64 at a time.
  func agreement() -> [Scalar] {
    let half = Scalar.one / (.one + .one)
    let isFair = inputs.allSatisfy { $0 == half }
    var counts = [Int](repeating: 0, count: isFair ? 1 << observed.count : 0)
    var histogram = [Scalar](repeating: .zero, count: isFair ? 0 : 1 << observed.count)
    forEachBlock { agreements, worlds, weights in
      for world in 0..<worlds {
        var mask = 0
        for (bit, word) in agreements.enumerated() { mask |= Int(word >> UInt64(world) & 1) << bit }
        if isFair { counts[mask] += 1 } else { histogram[mask] += weights(world) }
      }
    }
    guard isFair else { return histogram }
    let share = inputs.reduce(Scalar.one) { share, _ in share * half }
    return Self.scaled(counts, by: share)
  }

  /// Counts as numbers, by binary digits: a scalar knows 0, 1, sums and products only.
  private static func scaled(_ counts: [Int], by share: Scalar) -> [Scalar] {
    var powers = [share]
    for _ in 0..<40 { powers.append(powers[powers.count - 1] + powers[powers.count - 1]) }
    return counts.map { count in
      var (sum, rest) = (Scalar.zero, count)
      while rest != 0 {
        sum += powers[rest.trailingZeroBitCount]
        rest &= rest - 1
      }
      return sum
    }
  }

  /// The probability that all observed cells have their values.
  func probability() -> Scalar {
    var sum = Scalar.zero
    forEachBlock { agreements, worlds, weights in
      var all = worlds == 64 ? ~UInt64(0) : (1 << UInt64(worlds)) - 1
      for word in agreements { all &= word }
      while all != 0 {
        sum += weights(all.trailingZeroBitCount)
        all &= all - 1
      }
    }
    return sum
  }

  /// Calls `body` with the agreements of up to 64 worlds, a word an observed cell, and with the weights of these worlds.
  private func forEachBlock(_ body: ([UInt64], Int, (Int) -> Scalar) -> Void) {
    let low = min(6, inputs.count)
    let digits: [UInt64] = [
      0xAAAA_AAAA_AAAA_AAAA, 0xCCCC_CCCC_CCCC_CCCC, 0xF0F0_F0F0_F0F0_F0F0, 0xFF00_FF00_FF00_FF00,
      0xFFFF_0000_FFFF_0000, 0xFFFF_FFFF_0000_0000,
    ]
    var lowWeights = [Scalar.one]
    for input in 0..<low {
      lowWeights = lowWeights.map { $0 * (.one - inputs[input]) } + lowWeights.map { $0 * inputs[input] }
    }
    for block in 0..<1 << (inputs.count - low) {
      var first = Array(digits.prefix(low))
      for input in low..<inputs.count { first.append(block >> (input - low) & 1 == 1 ? ~0 : 0) }
      var layers = [first]
      for step in sources {
        let width = rule.sourceCount
        let before = layers[layers.count - 1]
        layers.append(
          stride(from: 0, to: step.count, by: width).map { start in
            rule.next(step[start..<start + width].map { before[$0] }[...])
          })
      }
      let agreements = observed.map { cell in
        cell.value == 1 ? layers[cell.time][cell.index] : ~layers[cell.time][cell.index]
      }
      var factor = Scalar.one
      for input in low..<inputs.count {
        factor = factor * (block >> (input - low) & 1 == 1 ? inputs[input] : .one - inputs[input])
      }
      body(agreements, 1 << low) { factor * lowWeights[$0] }
    }
  }
}
