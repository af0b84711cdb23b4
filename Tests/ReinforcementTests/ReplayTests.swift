// SPDX-License-Identifier: Apache-2.0
// Espalier: what is remembered, and what is drawn from it.

import Environments
import SparseCore
import Testing

@testable import Reinforcement

@Suite("Replay")
struct ReplayTests {
  /// A transition as a plain value.
  private struct Row {
    var number: Int
    var reward: Float
    var ending: Ending?
  }

  /// A buffer that has lived through random episodes in several worlds, and the same as lists, one a world, the oldest first.
  private struct Life {
    var replay: Replay
    var rows: [[Row]]
    private var number = 0

    init(capacity: Int, worlds: Int, settings: ReplaySettings = ReplaySettings(capacity: 1)) {
      replay = Replay(settings, capacity: capacity, worlds: worlds, observed: 2, acted: 1)
      rows = [[Row]](repeating: [], count: worlds)
    }

    mutating func step(_ random: inout Random) {
      for world in rows.indices {
        number += 1
        let ending: Ending? = random.below(6) > 0 ? nil : random.below(2) == 0 ? .terminated : .truncated
        let row = Row(number: number, reward: Float(random.below(9)) - 4, ending: ending)
        let (seen, done, next) = (
          [Float(number), Float(world)], [Float(-number)], [Float(number) + 0.5, Float(world)]
        )
        let place = replay.buffer.append(
          observation: seen.span, action: done.span, reward: Double(row.reward), ending: ending, next: next.span)
        replay.noteNew(row: place)
        rows[world].append(row)
      }
      trim()
    }

    /// Both forget what the buffer no longer holds.
    mutating func trim() {
      let held = replay.buffer.count / rows.count
      for world in rows.indices { rows[world].removeFirst(rows[world].count - held) }
    }
  }

  @Test("rows lie in a ring by age, worlds side by side, through wrapping and forgetting")
  func ring() {
    var random = Random(seed: 1)
    for (capacity, worlds) in [(1, 1), (5, 1), (12, 3), (13, 3), (2, 4), (64, 2)] {
      var life = Life(capacity: capacity, worlds: worlds)
      #expect(life.replay.buffer.capacity == max(1, capacity / worlds) * worlds)
      for step in 0..<60 {
        life.step(&random)
        if step % 11 == 10 {
          let before = life.replay.buffer.count
          let asked = random.below(capacity + 3) - 1
          life.replay.dropOldest(asked)
          #expect(life.replay.buffer.count == max(0, before - max(0, asked) / worlds * worlds))
          life.trim()
        }
        let buffer = life.replay.buffer
        #expect(buffer.count <= buffer.capacity && buffer.filled >= buffer.count)
        for age in 0..<buffer.count {
          let row = buffer.row(ofAge: age)
          let known = life.rows[age % worlds][age / worlds]
          #expect(buffer.age(ofRow: row) == age)
          #expect(buffer.inputs[row, 0] == Float(known.number) && buffer.inputs[row, 1] == Float(age % worlds))
          #expect(buffer.inputs[row, 2] == Float(-known.number) && buffer.next[row, 0] == Float(known.number) + 0.5)
          #expect(buffer.rewards[row] == known.reward)
        }
      }
    }
  }

  @Test("sums of several steps agree with a plain loop over each world's own history")
  func multiStep() {
    var random = Random(seed: 2)
    for (capacity, worlds) in [(1, 1), (7, 1), (24, 3), (40, 2)] {
      for length in [1, 2, 3, 7] {
        var life = Life(capacity: capacity, worlds: worlds)
        for step in 0..<70 {
          life.step(&random)
          if step == 50 {
            life.replay.dropOldest(2 * worlds)
            life.trim()
          }
          let buffer = life.replay.buffer
          for age in 0..<buffer.count {
            let (world, first) = (age % worlds, age / worlds)
            var (sum, factor, last) = (0.0, 1.0, first)
            for place in first..<min(first + length, life.rows[world].count) {
              let row = life.rows[world][place]
              sum += factor * Double(row.reward)
              factor = row.ending == .terminated ? 0 : factor * 0.9
              last = place
              if row.ending != nil { break }
            }
            let result = buffer.multiStep(from: buffer.row(ofAge: age), length: length, discount: 0.9)
            #expect(abs(Double(result.reward) - sum) < 1e-5 && abs(Double(result.discount) - factor) < 1e-6)
            #expect(buffer.age(ofRow: result.last) == last * worlds + world)
          }
        }
      }
    }
  }

  @Test("a batch holds the rows that it names, with the next observation of the last counted step")
  func batches() {
    var random = Random(seed: 3)
    var settings = ReplaySettings(capacity: 30, multiStep: .init(3, delay: 0.5))
    for priorities in [nil, ReplaySettings.Priorities()] {
      settings.priorities = priorities
      var life = Life(capacity: 30, worlds: 2, settings: settings)
      for _ in 0..<40 { life.step(&random) }
      for size in [1, 5, 17, 70] {
        let batch = ReplayBatch(size: size, observed: 2, acted: 1)
        for progress in [0, 0.49, 0.5, 1] {
          life.replay.draw(
            batch, progress: progress, discount: 0.9, random: &random, workers: Workers(threads: 1))
          let buffer = life.replay.buffer
          for sample in 0..<size {
            let row = batch.rows[sample]
            let steps = buffer.multiStep(from: row, length: progress < 0.5 ? 1 : 3, discount: 0.9)
            for feature in 0..<3 { #expect(batch.inputs[feature, sample] == buffer.inputs[row, feature]) }
            for feature in 0..<2 { #expect(batch.next[feature, sample] == buffer.next[steps.last, feature]) }
            #expect(batch.rewards[sample] == steps.reward && batch.discounts[sample] == steps.discount)
            #expect(priorities != nil || batch.weights[sample] == 1)
          }
        }
      }
    }
  }

  @Test("priorities follow errors, and weights undo what they prefer")
  func priorities() {
    var random = Random(seed: 4)
    let settings = ReplaySettings(capacity: 20, priorities: .init(alpha: 0.7, beta: 0.4))
    var life = Life(capacity: 20, worlds: 2, settings: settings)
    let batch = ReplayBatch(size: 8, observed: 2, acted: 1)
    var greatest = 1.0
    for _ in 0..<60 {
      let before = life.replay.buffer.head
      life.step(&random)
      #expect(life.replay.tree?[before] == greatest && life.replay.tree?[before + 1] == greatest)
      if random.below(10) == 0 { life.replay.dropOldest(4) }
      life.trim()
      guard let tree = life.replay.tree, life.replay.buffer.count > 0 else {
        Issue.record("no tree")
        return
      }
      let progress = Double(random.uniform())
      life.replay.draw(batch, progress: progress, discount: 1, random: &random, workers: Workers(threads: 1))
      let beta = 0.4 + 0.6 * progress
      let raw = batch.rows.map { row in
        Function.exponential(
          -beta * Function.logarithm(Double(life.replay.buffer.count) * tree[row] / tree.priorities.reduce(0, +)))
      }
      for (sample, row) in batch.rows.enumerated() {
        #expect(abs(Double(batch.weights[sample]) - raw[sample] / (raw.max() ?? 1)) < 1e-5)
        #expect(life.replay.buffer.age(ofRow: row) < life.replay.buffer.count)
        batch.errors[sample] = random.normal() * 3
      }
      life.replay.learnPriorities(batch)
      for (sample, row) in batch.rows.enumerated() where !batch.rows[(sample + 1)...].contains(row) {
        let priority = Function.exponential(0.7 * Function.logarithm(Double(abs(batch.errors[sample])) + 1e-6))
        #expect(abs((life.replay.tree?[row] ?? 0) - priority) < 1e-12)
      }
      for error in batch.errors {
        greatest = max(greatest, Function.exponential(0.7 * Function.logarithm(Double(abs(error)) + 1e-6)))
      }
      #expect(life.replay.greatest == greatest)
      let held = Set((0..<life.replay.buffer.count).map { life.replay.buffer.row(ofAge: $0) })
      for row in 0..<20 where !held.contains(row) { #expect(life.replay.tree?[row] == 0) }
    }
  }

  @Test("the oldest rows go when the policy has moved away from them, down to the least capacity")
  func dynamicCapacity() throws {
    let core = AgentCore(
      AgentSite(observationSpace: .box(2), actionSpace: .discrete(2), worlds: 2, steps: 1000, seed: 1),
      .choices(counts: [2], start: 0), normalizes: false)
    let settings = ReplaySettings(
      capacity: 100, dynamicCapacity: .init(minimum: 30, interval: 10, threshold: 0.2, chunk: 20))
    let collector = try ReplayCollector(settings, batch: 8, discount: 0.9, core: core)
    var results = VectorStep(count: 2, size: 2)
    for step in 0..<50 {
      results.observations = [Float](repeating: Float(step), count: 4)
      let seen = results.observations
      collector.take(seen.span, results)
    }
    #expect(core.steps == 100 && collector.replay.buffer.count == 100)
    var asked = 0
    func forget(_ distance: Double) -> Int {
      collector.forget {
        asked += 1
        // Of the 20 oldest only.
        for row in collector.batch.rows { #expect(collector.replay.buffer.age(ofRow: row) < 20) }
        return distance
      }
      return collector.replay.buffer.count
    }
    core.gradientSteps = 9
    #expect(forget(1) == 100 && asked == 0)
    core.gradientSteps = 10
    #expect(forget(0.2) == 100 && asked == 1)
    #expect(forget(0.21) == 80)
    #expect(collector.replay.buffer.inputs[collector.replay.buffer.row(ofAge: 0), 0] == 10)
    #expect(forget(1) == 60 && forget(1) == 40 && forget(1) == 30 && forget(1) == 30)
    #expect(asked == 5)
  }

  @Test("bytes of a buffer are what its arrays take")
  func bytes() {
    let replay = Replay(
      ReplaySettings(capacity: 10, priorities: .init()), capacity: 10, worlds: 3, observed: 4, acted: 2)
    #expect(replay.buffer.capacity == 9)
    #expect(replay.buffer.bytes == 9 * (4 * (4 + 2 + 4 + 1) + 1))
    // A tree has twice as many nodes of 8 bytes as the next power of two.
    #expect(replay.bytes == replay.buffer.bytes + 2 * 16 * 8)
  }
}
