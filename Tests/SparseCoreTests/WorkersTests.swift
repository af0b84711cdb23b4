// SPDX-License-Identifier: Apache-2.0
// Espalier: the team does every task once.

import SparseCore
import Synchronization
import Testing

@Suite struct WorkersTests {
  @Test("each task runs exactly once", arguments: 1...4)
  func once(threads: Int) {
    let workers = Workers(threads: threads)
    #expect(workers.threads == threads)
    for count in [0, 1, 2, 3, 7, 100, 1000] {
      var runs = [Int](repeating: 0, count: count)
      runs.withUnsafeMutableBufferPointer { runs in
        workers.forEach(count) { task in runs[task] += 1 }
      }
      #expect(runs == [Int](repeating: 1, count: count))
    }
  }

  @Test("the job reaches every task, also when it stays on the caller's thread", arguments: [true, false])
  func jobs(parallel: Bool) {
    let workers = Workers(threads: 3)
    var results = [Int](repeating: 0, count: 50)
    results.withUnsafeMutableBufferPointer { buffer in
      workers.run(50, (buffer, 7), parallel: parallel) { job, task in job.0[task] = job.1 * task }
    }
    #expect(results == (0..<50).map { 7 * $0 })
  }

  @Test("many short runs, with rests in which the helpers fall asleep, lose nothing")
  func shortRuns() {
    let workers = Workers(threads: 3)
    let sum = Atomic<Int>(0)
    for run in 0..<3000 {
      workers.forEach(5) { task in sum.wrappingAdd(task, ordering: .relaxed) }
      if run % 500 == 0 {
        var random = Random(seed: UInt64(run))
        let spent = (0..<20_000).reduce(UInt32(0)) { total, _ in total ^ random.nextWord() }
        #expect(spent != 0)
      }
    }
    #expect(sum.load(ordering: .relaxed) == 3000 * 10)
  }

  @Test("teams can be made and dropped inside each other's tasks")
  func nested() {
    let sum = Atomic<Int>(0)
    for _ in 0..<20 {
      let outer = Workers(threads: 2)
      outer.forEach(3) { _ in
        let inner = Workers(threads: 2)
        inner.forEach(4) { task in sum.wrappingAdd(task, ordering: .relaxed) }
      }
    }
    #expect(sum.load(ordering: .relaxed) == 20 * 3 * 6)
  }

  @Test("callers on several threads take turns")
  func turns() async {
    let workers = Workers(threads: 2)
    let total = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let sum = Atomic<Int>(0)
          for _ in 0..<50 { workers.forEach(6) { sum.wrappingAdd($0, ordering: .relaxed) } }
          return sum.load(ordering: .relaxed)
        }
      }
      return await group.reduce(0, +)
    }
    #expect(total == 4 * 50 * 15)
  }

  @Test("a run from within a task of the same team is done by its caller")
  func runFromWithinARun() {
    let workers = Workers(threads: 3)
    let sums = Activations(features: 1, capacity: 8)
    workers.forEach(8) { outer in
      var sum: Float = 0
      workers.forEach(5) { inner in sum += Float(inner + 1) }
      sums[0, outer] = sum
    }
    #expect((0..<8).allSatisfy { sums[0, $0] == 15 })
  }
}
