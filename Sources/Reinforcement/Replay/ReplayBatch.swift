// SPDX-License-Identifier: Apache-2.0
// Espalier: a batch drawn from a replay buffer.

internal import SparseCore

/// A batch of transitions: made once, filled for every gradient step.
final class ReplayBatch {
  /// Samples.
  let size: Int
  /// Observations and actions, `[observed + acted, samples]`.
  let inputs: Activations
  /// Observations after the last counted step, `[observed, samples]`.
  let next: Activations
  /// Sums of rewards.
  var rewards: [Float]
  /// Factors of what comes after, 0 after a termination.
  var discounts: [Float]
  /// Factors on each sample's gradient.
  var weights: [Float]
  /// Absolute errors of the samples, for their priorities.
  var errors: [Float]
  /// Where the samples lie.
  fileprivate(set) var rows: [Int]
  private var lastRows: [Int]

  init(size: Int, observed: Int, acted: Int) {
    self.size = size
    inputs = Activations(features: observed + acted, capacity: size)
    next = Activations(features: observed, capacity: size)
    rewards = [Float](repeating: 0, count: size)
    discounts = rewards
    weights = [Float](repeating: 1, count: size)
    errors = rewards
    rows = [Int](repeating: 0, count: size)
    lastRows = rows
  }

  /// Fills the rest for the chosen rows.
  fileprivate func gather(from buffer: ReplayBuffer, length: Int, discount: Float, workers: Workers) {
    for sample in 0..<size {
      let steps = buffer.multiStep(from: rows[sample], length: length, discount: discount)
      rewards[sample] = steps.reward
      discounts[sample] = steps.discount
      lastRows[sample] = steps.last
    }
    Kernels.gather(rows: rows, range: 0..<size, from: buffer.inputs, into: inputs, workers: workers)
    Kernels.gather(rows: lastRows, range: 0..<size, from: buffer.next, into: next, workers: workers)
  }
}

/// A replay buffer with its ways of drawing and forgetting.
struct Replay: Sendable {
  let settings: ReplaySettings
  var buffer: ReplayBuffer
  /// Priorities by row, where they are used.
  var tree: SumTree?
  /// The greatest priority so far.
  var greatest = 1.0

  init(_ settings: ReplaySettings, capacity: Int, worlds: Int, observed: Int, acted: Int) {
    self.settings = settings
    buffer = ReplayBuffer(capacity: capacity, worlds: worlds, observed: observed, acted: acted)
    tree = settings.priorities == nil ? nil : SumTree(count: buffer.capacity)
  }

  /// Bytes of the transitions and their priorities.
  var bytes: Int { buffer.bytes + (tree?.bytes ?? 0) }

  /// A row has been written: it is to be drawn soon.
  mutating func noteNew(row: Int) {
    if tree != nil { tree?[row] = greatest }
  }

  /// Draws a batch.
  ///
  /// - Parameters:
  ///   - progress: the share of training that has passed, for the schedules of beta and of multi-step targets.
  ///   - random: a stream of its own for this step.
  func draw(_ batch: ReplayBatch, progress: Double, discount: Float, random: inout Random, workers: Workers) {
    let length = progress >= settings.multiStep.delay ? settings.multiStep.length : 1
    if let tree, let priorities = settings.priorities {
      let share = tree.total / Double(batch.size)
      let beta = priorities.beta + (1 - priorities.beta) * min(1, progress)
      var most: Float = 0
      for sample in 0..<batch.size {
        let row = tree.place(of: (Double(sample) + random.uniformDouble()) * share)
        batch.rows[sample] = row
        let probability = max(tree[row] / tree.total, 1e-30)
        batch.weights[sample] = Float(
          Function.exponential(-beta * Function.logarithm(Double(buffer.count) * probability)))
        most = max(most, batch.weights[sample])
      }
      for sample in 0..<batch.size { batch.weights[sample] /= most }
    } else {
      for sample in 0..<batch.size { batch.rows[sample] = buffer.row(ofAge: random.below(buffer.count)) }
    }
    batch.gather(from: buffer, length: length, discount: discount, workers: workers)
  }

  /// Takes the errors of a batch as its samples' priorities.
  mutating func learnPriorities(_ batch: ReplayBatch) {
    guard let priorities = settings.priorities, tree != nil else { return }
    for sample in 0..<batch.size {
      let error = Double(abs(batch.errors[sample])) + 1e-6
      guard error.isFinite else { continue }
      let priority = Function.exponential(priorities.alpha * Function.logarithm(error))
      tree?[batch.rows[sample]] = priority
      greatest = max(greatest, priority)
    }
  }

  /// Draws from the oldest transitions, for the distance between what they did and the policy of today.
  func drawOldest(_ batch: ReplayBatch, among rows: Int, random: inout Random, workers: Workers) {
    for sample in 0..<batch.size {
      batch.rows[sample] = buffer.row(ofAge: random.below(min(max(1, rows), buffer.count)))
    }
    batch.gather(from: buffer, length: 1, discount: 1, workers: workers)
  }

  /// Forgets the oldest transitions, with their priorities.
  mutating func dropOldest(_ rows: Int) {
    let before = buffer.count
    if tree != nil {
      for age in 0..<min(before, max(0, rows) / buffer.worlds * buffer.worlds) { tree?[buffer.row(ofAge: age)] = 0 }
    }
    buffer.dropOldest(rows)
  }
}
