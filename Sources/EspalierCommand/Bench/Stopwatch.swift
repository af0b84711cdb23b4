// SPDX-License-Identifier: Apache-2.0
// Espalier: measuring fairly.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// One thing that is measured again and again.
struct BenchPhase {
  let name: String
  /// Floating-point operations of one run, 0 where they say little.
  let flops: Int
  let run: () -> Void
}

/// What a measurement's seconds are.
enum BenchClock {
  /// The processor time of the calling thread: for work on one thread, blind to other processes.
  case thread
  /// The processor time of all threads: what work costs, however long it had to wait.
  case process
  /// The time on the wall: for work on several threads.
  case wall

  /// The clock for so many threads.
  init(threads: Int) { self = threads == 1 ? .thread : .wall }

  /// Seconds since some moment in the past.
  var now: Double {
    var time = timespec()
    switch self {
    case .thread: clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    case .process: clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    case .wall: clock_gettime(CLOCK_MONOTONIC, &time)
    }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// Measures phases in turn.
struct Stopwatch {
  let clock: BenchClock
  /// Shorter measurements are made of several runs, so that the clock does not count.
  var shortest = 0.002

  init(threads: Int) { clock = BenchClock(threads: threads) }

  /// Warms each phase up, then measures all of them in turn, `repeats` times; the seconds of one run of each.
  func measure(_ phases: [BenchPhase], repeats: Int) -> [Sample] {
    let runs = phases.map { self.runs(of: $0.run) }
    var measured = phases.map { _ in [Double]() }
    for _ in 0..<repeats {
      for (index, phase) in phases.enumerated() { measured[index].append(seconds(phase.run, runs: runs[index])) }
    }
    return measured.map(Sample.init)
  }

  /// How many runs make one measurement; runs it a few times to find out.
  func runs(of body: () -> Void) -> Int {
    for _ in 0..<2 { body() }
    return max(1, Int((shortest / max(1e-9, seconds(body, runs: 1))).rounded(.up)))
  }

  /// The seconds of one of some runs.
  func seconds(_ body: () -> Void, runs: Int) -> Double {
    let start = clock.now
    for _ in 0..<runs { body() }
    return (clock.now - start) / Double(runs)
  }
}

/// How busy the machine is.
enum SystemLoad {
  /// The average number of running processes over the last minute; nil where the system does not say.
  static var now: Double? {
    var averages = [0.0]
    return getloadavg(&averages, 1) == 1 ? averages[0] : nil
  }
}
