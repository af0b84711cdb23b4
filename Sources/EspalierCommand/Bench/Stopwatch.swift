// SPDX-License-Identifier: Apache-2.0
// Espalier: measuring fairly.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The seconds of one phase over all its measurements.
struct Timing {
  let phase: BenchPhase
  private let sorted: [Double]

  init(phase: BenchPhase, seconds: [Double]) {
    self.phase = phase
    sorted = seconds.sorted()
  }

  /// The middle measurement.
  var median: Double { quantile(0.5) }
  /// Where the middle half begins and ends.
  var middleHalf: (low: Double, high: Double) { (quantile(0.25), quantile(0.75)) }
  /// The fastest measurement.
  var least: Double { sorted.first ?? 0 }

  /// The value below which a share of the measurements lies, between its neighbours by distance.
  private func quantile(_ share: Double) -> Double {
    guard let last = sorted.last else { return 0 }
    let place = share * Double(sorted.count - 1)
    let index = Int(place)
    guard index + 1 < sorted.count else { return last }
    return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
  }
}

/// Measures phases in turn.
enum Stopwatch {
  /// Shorter measurements are made of several runs, so that the clock does not count.
  private static let shortest = 0.0005

  /// Warms each phase up, then measures all of them in turn, `repeats` times.
  static func measure(_ phases: [BenchPhase], repeats: Int) -> [Timing] {
    let runs = phases.map { phase -> Int in
      for _ in 0..<3 { phase.run() }
      return max(1, Int((shortest / max(1e-9, seconds(of: phase, runs: 1))).rounded(.up)))
    }
    var measured = phases.map { _ in [Double]() }
    for _ in 0..<repeats {
      for (index, phase) in phases.enumerated() { measured[index].append(seconds(of: phase, runs: runs[index])) }
    }
    return zip(phases, measured).map { Timing(phase: $0, seconds: $1) }
  }

  private static func seconds(of phase: BenchPhase, runs: Int) -> Double {
    let clock = ContinuousClock()
    let took = clock.measure { for _ in 0..<runs { phase.run() } }
    let (seconds, attoseconds) = took.components
    return (Double(seconds) + Double(attoseconds) * 1e-18) / Double(runs)
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
