// SPDX-License-Identifier: Apache-2.0
// Espalier: what an agent has lived through.

internal import Environments
internal import SparseCore

/// What an agent has lived through, in a ring: the oldest transitions give way to new ones.
///
/// A row is one transition: observation and action, reward, ending, next observation (the final one, where an episode ended).
/// Worlds that are stepped together write one row each, so that the row after a row of one world is `worlds` further on.
///
/// - Complexity: memory of 4 (2 x observed numbers + numbers of an action + 1) + 1 bytes a transition, all of it from the beginning.
struct ReplayBuffer: Sendable {
  /// Rows that fit.
  let capacity: Int
  /// Worlds that write together.
  let worlds: Int
  /// Numbers of an observation, of an action.
  let observed: Int
  let acted: Int
  /// Rows held.
  private(set) var count = 0
  /// The row that is written next.
  private(set) var head = 0
  /// Rows that have been written at least once.
  private(set) var filled = 0

  /// Observations and actions, `[capacity, observed + acted]`.
  private(set) var inputs: Matrix
  /// Next observations, `[capacity, observed]`.
  private(set) var next: Matrix
  private(set) var rewards: [Float]
  private(set) var endings: [UInt8]

  /// - Parameter capacity: at least one row a world; rounded down to whole steps of all worlds.
  init(capacity: Int, worlds: Int, observed: Int, acted: Int) {
    let capacity = max(1, capacity / worlds) * worlds
    self.capacity = capacity
    self.worlds = worlds
    self.observed = observed
    self.acted = acted
    inputs = Matrix(rows: capacity, columns: observed + acted)
    next = Matrix(rows: capacity, columns: observed)
    rewards = [Float](repeating: 0, count: capacity)
    endings = [UInt8](repeating: 0, count: capacity)
  }

  /// Bytes of all rows.
  var bytes: Int { Self.bytes(capacity: capacity, observed: observed, acted: acted) }

  /// Bytes of a buffer of so many rows.
  static func bytes(capacity: Int, observed: Int, acted: Int) -> Int {
    capacity * (4 * (2 * observed + acted + 1) + 1)
  }

  /// Writes one transition; a step of all worlds writes one each, in order.
  ///
  /// - Returns: its row.
  @discardableResult
  mutating func append(
    observation: Span<Float>, action: Span<Float>, reward: Double, ending: Ending?, next observed: Span<Float>
  ) -> Int {
    let row = head
    let (width, size) = (self.observed + acted, self.observed)
    inputs.values.withMutableSpan { values in
      for index in 0..<size { values[row * width + index] = observation[index] }
      for index in 0..<acted { values[row * width + size + index] = action[index] }
    }
    next.values.withMutableSpan { values in
      for index in 0..<size { values[row * size + index] = observed[index] }
    }
    rewards[row] = Float(reward)
    endings[row] = ending == nil ? 0 : ending == .terminated ? 1 : 2
    head = (head + 1) % capacity
    count = min(capacity, count + 1)
    filled = max(filled, row + 1)
    return row
  }

  /// Cuts the episodes of the newest step of all worlds, where they have not ended.
  mutating func cutNewest() {
    for age in max(0, count - worlds)..<count where endings[row(ofAge: age)] == 0 { endings[row(ofAge: age)] = 2 }
  }

  /// The row of the transition with `age` older ones held.
  func row(ofAge age: Int) -> Int {
    let row = head - count + age
    return row < 0 ? row + capacity : row
  }

  /// How many older transitions are held than that of a row.
  func age(ofRow row: Int) -> Int {
    let age = row - head + count
    return age < 0 ? age + capacity : age >= capacity ? age - capacity : age
  }

  /// Forgets the oldest transitions, whole steps of all worlds.
  mutating func dropOldest(_ rows: Int) {
    count = max(0, count - max(0, rows) / worlds * worlds)
  }

  /// The rewards of up to `length` steps from a row on, within its episode.
  ///
  /// - Returns: Σ γᵏ rₖ; the row of the last step that counted; the discount of what comes after it, 0 after a termination.
  func multiStep(from row: Int, length: Int, discount: Float) -> (reward: Float, last: Int, discount: Float) {
    var (sum, factor, current) = (Float(0), Float(1), row)
    var age = age(ofRow: row)
    for step in 0..<length {
      sum += factor * rewards[current]
      factor *= discount
      if endings[current] == 1 { return (sum, current, 0) }
      if endings[current] == 2 || step + 1 == length || age + worlds >= count { break }
      age += worlds
      current = (current + worlds) % capacity
    }
    return (sum, current, factor)
  }
}

extension ReplayBuffer {
  /// Puts saved rows in place, of which `filled` have been written.
  ///
  /// - Returns: false, and nothing has changed, when they do not fit.
  mutating func restore(
    count: Int, head: Int, filled: Int, inputs: Vector, next: Vector, rewards: [Float], endings: [UInt8]
  ) -> Bool {
    guard [count, head, filled].allSatisfy({ $0.isMultiple(of: worlds) }), (0...capacity).contains(filled),
      (0...filled).contains(count), (0..<capacity).contains(head),
      filled == capacity || head == filled, inputs.count == filled * self.inputs.columns,
      next.count == filled * observed, rewards.count == filled, endings.count == filled,
      endings.allSatisfy({ $0 <= 2 })
    else { return false }
    Self.copy(inputs, into: &self.inputs)
    Self.copy(next, into: &self.next)
    self.rewards.replaceSubrange(0..<filled, with: rewards)
    self.endings.replaceSubrange(0..<filled, with: endings)
    self.count = count
    self.head = head
    self.filled = filled
    return true
  }

  private static func copy(_ values: Vector, into target: inout Matrix) {
    values.withSpan { values in
      target.values.withMutableSpan { target in
        for index in values.indices { target[index] = values[index] }
      }
    }
  }
}
