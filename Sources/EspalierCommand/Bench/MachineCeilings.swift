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

/// Measures the ceilings: multiply-adds out of registers, reading in order, reading rows in random order.
struct CeilingProbe {
  let threads: Int
  let workers: Workers
  let repeats: Int
  let caches = CacheSizes.here

  /// A place to read from and how much of it to use.
  private enum Level: String, CaseIterable { case first = "L1", second = "L2", third = "L3", memory }

  /// The ceilings that a roofline needs: multiply-adds, and rows of 256 bytes out of the first two caches and the third.
  func roofs() -> [Ceiling] {
    [multiplyAdd()] + [Level.first, .second, .third].map { rows($0, bytes: 256, ahead: 0) }
  }

  /// All ceilings.
  func all() -> [Ceiling] {
    var ceilings = [multiplyAdd()]
    for level in Level.allCases { ceilings.append(read(level)) }
    for level in Level.allCases {
      for bytes in [128, 256, 512] {
        ceilings.append(rows(level, bytes: bytes, ahead: 0))
        if level == .third || level == .memory { ceilings.append(rows(level, bytes: bytes, ahead: 32)) }
      }
    }
    return ceilings
  }

  /// Multiply-adds out of registers; two operations each.
  func multiplyAdd() -> Ceiling {
    let done = Kernels.probeMultiplyAdd(rounds: 20_000)
    return Ceiling(
      name: "multiply-add", unit: .gigaflops,
      sample: rate(Double(2 * done)) { _ in _ = Kernels.probeMultiplyAdd(rounds: 20_000) })
  }

  private func read(_ level: Level) -> Ceiling {
    let sets = (0..<threads).map { _ in Vector(repeating: 1, count: bytes(level) / 512 * 128) }
    return Ceiling(
      name: "read \(level.rawValue)", unit: .gigabytes,
      sample: rate(Double(4 * sets[0].count)) { Kernels.probeRead(sets[$0]) })
  }

  private func rows(_ level: Level, bytes width: Int, ahead: Int) -> Ceiling {
    let count = bytes(level) / width
    let probes = (0..<threads).map { thread in
      var random = Random(seed: UInt64(thread + 1))
      let visits = min(count, 1 << 18) / 2 * 2
      let order = (0..<visits + ahead).map { _ in UInt32(random.below(count)) }
      return RowProbe(
        values: Vector(repeating: 1, count: count * width / 4), width: width / 4, order: order, ahead: ahead)
    }
    return Ceiling(
      name: "rows of \(width) B, \(level.rawValue)" + (ahead > 0 ? ", prefetched" : ""), unit: .gigabytes,
      sample: rate(Double(probes[0].bytes)) { probes[$0].run() })
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

  /// Giga units a second when every thread does `body` at once.
  private func rate(_ unitsOfOne: Double, _ body: (Int) -> Void) -> Sample {
    let watch = Stopwatch(threads: threads)
    let runs = watch.runs { body(0) }
    let seconds = (0..<repeats).map { _ in
      if threads == 1 { return watch.seconds({ body(0) }, runs: runs) }
      return watch.seconds(
        { workers.forEach(threads) { thread in for _ in 0..<runs { body(thread) } } }, runs: 1) / Double(runs)
    }
    return Sample(seconds.map { Double(threads) * unitsOfOne / $0 / 1e9 })
  }
}
