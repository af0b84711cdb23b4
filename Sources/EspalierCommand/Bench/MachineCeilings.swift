// SPDX-License-Identifier: Apache-2.0
// Espalier: what this machine can do at most.

internal import SparseCore

#if canImport(Glibc)
  internal import Glibc
#endif

/// One thing the machine can do at most so much of a second.
struct Ceiling {
  /// What is counted.
  enum Unit: String { case gigaflops = "GFLOP/s", gigabytes = "GB/s" }

  let name: String
  let unit: Unit
  /// Giga units a second, of all threads together.
  let sample: Sample
}

/// The sizes of the caches, in bytes.
struct CacheSizes {
  var first = 32 << 10
  var second = 1 << 20
  var third = 32 << 20

  /// What the system tells, and common sizes where it does not.
  static var here: CacheSizes {
    var sizes = CacheSizes()
    #if canImport(Glibc)
      let told = [_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE].map {
        sysconf(Int32($0))
      }
      if told[0] > 0 { sizes.first = told[0] }
      if told[1] > sizes.first { sizes.second = told[1] }
      if told[2] > sizes.second { sizes.third = told[2] }
    #endif
    return sizes
  }
}

/// One probe of a ceiling, to be measured by itself or in turn with what is held against it.
struct CeilingPhase {
  let name: String
  let unit: Ceiling.Unit
  /// Giga units of one run, of all threads together.
  let units: Double
  let run: () -> Void

  /// The probe as a phase.
  var phase: BenchPhase { BenchPhase(name: name, flops: 0, run: run) }

  /// The ceiling that some seconds of a run tell.
  func ceiling(_ seconds: Sample) -> Ceiling {
    Ceiling(name: name, unit: unit, sample: seconds.map { units / $0 })
  }
}

/// Probes of the ceilings: multiply-adds out of registers, reading in order, reading rows in random order.
struct CeilingProbe {
  let threads: Int
  let workers: Workers
  let caches = CacheSizes.here

  /// A place to read from and how much of it to use.
  private enum Level: String, CaseIterable { case first = "L1", second = "L2", third = "L3", memory }

  /// The ceilings of a roofline: multiply-adds, reading out of the first cache, and rows of 256 bytes out of the others.
  var roofs: [CeilingPhase] {
    [multiplyAdd, read(.first)] + [Level.second, .third].map { rows($0, bytes: 256, ahead: 0) }
  }

  /// What a layer is held against: multiply-adds, and rows of 256 bytes out of the second cache.
  var yardsticks: [CeilingPhase] { [multiplyAdd, rows(.second, bytes: 256, ahead: 0)] }

  /// All ceilings.
  var all: [CeilingPhase] {
    var phases = [multiplyAdd]
    for level in Level.allCases { phases.append(read(level)) }
    for level in Level.allCases {
      for bytes in [128, 256, 512] {
        phases.append(rows(level, bytes: bytes, ahead: 0))
        if level == .third || level == .memory { phases.append(rows(level, bytes: bytes, ahead: 32)) }
      }
    }
    return phases
  }

  /// Measures probes, one after the other.
  func measure(_ phases: [CeilingPhase], repeats: Int) -> [Ceiling] {
    let watch = Stopwatch(threads: threads)
    return phases.map { $0.ceiling(watch.measure([$0.phase], repeats: repeats)[0]) }
  }

  /// Multiply-adds out of registers; two operations each.
  private var multiplyAdd: CeilingPhase {
    let rounds = 5_000
    let done = Kernels.probeMultiplyAdd(rounds: rounds)
    return phase("multiply-add", .gigaflops, Double(2 * done)) { _ in _ = Kernels.probeMultiplyAdd(rounds: rounds) }
  }

  private func read(_ level: Level) -> CeilingPhase {
    let sets = (0..<threads).map { _ in Vector(repeating: 1, count: bytes(level) / 512 * 128) }
    return phase("read \(level.rawValue)", .gigabytes, Double(4 * sets[0].count)) { Kernels.probeRead(sets[$0]) }
  }

  private func rows(_ level: Level, bytes width: Int, ahead: Int) -> CeilingPhase {
    let count = bytes(level) / width
    let probes = (0..<threads).map { thread in
      var random = Random(seed: UInt64(thread + 1))
      let visits = min(count, 1 << 18) / 2 * 2
      let order = (0..<visits + ahead).map { _ in UInt32(random.below(count)) }
      return RowProbe(
        values: Vector(repeating: 1, count: count * width / 4), width: width / 4, order: order, ahead: ahead)
    }
    return phase(
      "rows of \(width) B, \(level.rawValue)" + (ahead > 0 ? ", prefetched" : ""), .gigabytes,
      Double(probes[0].bytes)
    ) { probes[$0].run() }
  }

  /// Half of a cache, so that the rest of the program has room; beyond the last one at least four times its size.
  private func bytes(_ level: Level) -> Int {
    switch level {
    case .first: caches.first / 2
    case .second: caches.second / 2
    case .third: min(max(4 * caches.second, 8 << 20), caches.third / 2)
    case .memory: min(max(256 << 20, 4 * caches.third), 1 << 30)
    }
  }

  /// A probe that every thread does at once, for so long that starting them does not count.
  private func phase(
    _ name: String, _ unit: Ceiling.Unit, _ unitsOfOne: Double, _ body: @escaping (Int) -> Void
  ) -> CeilingPhase {
    var watch = Stopwatch(threads: 1)
    watch.shortest = 0.0005
    let rounds = watch.runs { body(0) }
    let (threads, workers) = (threads, workers)
    return CeilingPhase(name: name, unit: unit, units: Double(threads * rounds) * unitsOfOne / 1e9) {
      workers.forEach(threads) { thread in
        for _ in 0..<rounds { body(thread) }
      }
    }
  }
}
