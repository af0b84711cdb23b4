// SPDX-License-Identifier: Apache-2.0
// Espalier: what the loop's own literature calls percepts and heteronomy.

extension PerceptionActionLoop {
  /// The percepts of a memory state: environments with equal p(m′ | m, e) for this m, in the order of their first ones; equal as in
  /// `EntitySet.perceptions(of:at:)`.
  ///
  /// - Complexity: O(*memory states* · *environment states* log *environment states*).
  public func percepts(inMemory state: Int) -> [[Int]] {
    precondition((0..<memoryStates).contains(state), "memory state \(state) of \(memoryStates)")
    return NearlyEqual.groups((0..<environmentStates).map { row(state, $0) })
  }

  /// The percepts of the sensor: environments with equal p(m′ | m, e) for every m, the common refinement of the percepts of all memory
  /// states.
  ///
  /// - Complexity: O(*memory states*² · *environment states* log *environment states*).
  public var percepts: [[Int]] {
    NearlyEqual.groups((0..<environmentStates).map { place in (0..<memoryStates).flatMap { row($0, place) } })
  }

  /// p(m, e) at a time, [memory states · environment states], the environment faster.
  ///
  /// - Complexity: O(*time* · (*memory states* · *environment states*)²).
  public func law(at time: Int) -> [Scalar] {
    precondition((0..<chain.timeSteps).contains(time), "time \(time) of \(chain.timeSteps)")
    var law = chain.network.tables.first { $0.parents.isEmpty }?.values ?? []
    for _ in 0..<time {
      var next = [Scalar](repeating: .zero, count: law.count)
      for (index, weight) in law.enumerated() where weight > .zero {
        for m in 0..<memoryStates {
          for e in 0..<environmentStates {
            next[m * environmentStates + e] +=
              weight * memory[index * memoryStates + m] * environment[index * environmentStates + e]
          }
        }
      }
      law = next
    }
    return law
  }

  /// p(e_t, m_t+1), [environment states, memory states].
  private func joint(at time: Int) -> [[Scalar]] {
    var joint = [[Scalar]](
      repeating: [Scalar](repeating: .zero, count: memoryStates), count: environmentStates)
    for (index, weight) in law(at: time).enumerated() where weight > .zero {
      for (next, probability) in row(index / environmentStates, index % environmentStates).enumerated() {
        joint[index % environmentStates][next] += weight * probability
      }
    }
    return joint
  }

  /// H(M_t+1 | E_t) in bits: how much the environment leaves the memory's next state open.
  ///
  /// The memory is heteronomous at that time when this is 0.
  ///
  /// - Complexity: that of `law(at:)`.
  public func heteronomy(at time: Int) -> Double {
    joint(at: time).reduce(0) { sum, row in
      let weight = row.reduce(.zero, +)
      return sum + (weight > .zero ? weight.approximation * Self.entropy(row) : 0)
    }
  }

  /// H(M_t+1 | E_t = e) in bits, nil when the environment cannot be in that state then.
  ///
  /// - Complexity: that of `law(at:)`.
  public func heteronomy(at time: Int, environment state: Int) -> Double? {
    precondition((0..<environmentStates).contains(state), "environment state \(state) of \(environmentStates)")
    let row = joint(at: time)[state]
    return row.contains { $0 > .zero } ? Self.entropy(row) : nil
  }

  /// Whether the environment settles the memory's next state: for every e that is possible at that time one m′ alone is possible next.
  ///
  /// - Complexity: that of `law(at:)`; exact, no logarithms.
  public func isHeteronomous(at time: Int) -> Bool {
    joint(at: time).allSatisfy { row in row.reduce(0) { $1 > .zero ? $0 + 1 : $0 } <= 1 }
  }

  /// p(m′ | m, e) over m′.
  private func row(_ m: Int, _ e: Int) -> [Scalar] {
    let start = (m * environmentStates + e) * memoryStates
    return Array(memory[start..<start + memoryStates])
  }

  /// The entropy in bits of weights that need not sum to 1; one at least is positive.
  private static func entropy(_ weights: [Scalar]) -> Double {
    let sum = weights.reduce(.zero, +)
    return weights.reduce(0) { total, weight in
      guard weight > .zero else { return total }
      let share = weight / sum
      return total + share.approximation * share.surprisal
    }
  }
}
