// SPDX-License-Identifier: Apache-2.0
// Espalier: what a topology update costs a connection, part by part.

import Espalier

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Measures births and updates of square layers: nanoseconds a connection, medians of repeated runs.
///
/// `topology [--json] [COUNT ...]`
@main
struct TopologyBenchmark {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    let counts = arguments.compactMap { Int($0) }.filter { $0 >= 1000 }
    var rows: [Row] = []
    for count in counts.isEmpty ? [100_000, 1_000_000, 10_000_000] : counts {
      for layer in [Layer(count: count, perRow: nil), Layer(count: count, perRow: 10)] {
        for threads in [1, 2] { rows.append(try layer.measure(threads: threads)) }
      }
    }
    if arguments.contains("--json") {
      for row in rows { print(row.json) }
    } else {
      print(Row.heading)
      for row in rows { print(row.line) }
    }
  }
}

/// A square layer of 5 % density, or of some connections a neuron.
struct Layer {
  let count: Int
  let perRow: Int?

  var side: Int { perRow.map { count / $0 } ?? Int((Double(count) * 20).squareRoot()) }

  func measure(threads: Int) throws -> Row {
    let shape = LayerShape(outputs: side, inputs: side)
    let workers = Workers(threads: threads)
    let clock = Clock(count: count, threads: threads)
    let random = Random(seed: 1)
    var row = Row(side: side, count: count, threads: threads)
    var pattern = SparsityPattern?.none
    try row.add("birth", clock) {
      var stream = random.split("birth")
      pattern = try Topology.uniform(density: 0.5).pattern(shape, count: count, random: &stream, workers: workers)
    }
    guard let pattern else { return row }
    var drawing = random.split("weights")
    let values = Vector((0..<count).map { _ in drawing.normal() })
    let weights = SparseMatrix(pattern: pattern, values: values)
    let moved = count * 3 / 10
    var dropped: [Int] = []
    row.add("select", clock) { dropped = Pruning.magnitude.positions(dropping: moved, of: weights, workers: workers) }
    row.add("by sign", clock) {
      dropped = Pruning.magnitudeBySign.positions(dropping: moved, of: weights, workers: workers)
    }
    var grown: [Connection] = []
    row.add("grow", clock) {
      var stream = random.split("grow")
      grown = GrowthSite(weights: weights, dropped: dropped, workers: workers).random(moved, random: &stream)
    }
    let rewiring = Rewiring(dropped: dropped, grown: grown)
    var rewired = rewiring.apply(to: pattern, workers: workers)
    row.add("apply", clock) { rewired = rewiring.apply(to: pattern, workers: workers) }
    row.add("carry", clock) { _ = rewired.carry(values, newborn: 0, workers: workers) }
    var exploration = Exploration(pattern)
    row.add("record", clock) { exploration.record(rewired) }
    row.add("update", clock) {
      var stream = random.split("update")
      let rewiring = Evolution.set().rewiring(weights: weights, fraction: 0.3, workers: workers, random: &stream)
      let rewired = rewiring.apply(to: pattern, workers: workers)
      _ = rewired.carry(values, newborn: 0, workers: workers)
      _ = rewired.carry(values, newborn: 0, workers: workers)
    }
    return row
  }
}

/// Times work: the process's processor time with one thread, the time that passes with more.
struct Clock {
  let count: Int
  let threads: Int

  /// The median of repeated runs after a first, in nanoseconds a connection.
  func measure(_ body: () throws -> Void) rethrows -> Double {
    try body()
    var times: [Double] = []
    for _ in 0..<max(5, min(40, 20_000_000 / count)) {
      let start = now
      try body()
      times.append((now - start) * 1e9 / Double(count))
    }
    return times.sorted()[times.count / 2]
  }

  private var now: Double {
    var time = timespec()
    clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// The figures of one layer and number of threads.
struct Row {
  let side: Int
  let count: Int
  let threads: Int
  private(set) var figures: [(name: String, nanoseconds: Double)] = []

  init(side: Int, count: Int, threads: Int) {
    self.side = side
    self.count = count
    self.threads = threads
  }

  mutating func add(_ name: String, _ clock: Clock, _ body: () throws -> Void) rethrows {
    figures.append((name, try clock.measure(body)))
  }

  static var heading: String {
    let names = [
      "side", "connections", "threads", "birth", "select", "by sign", "grow", "apply", "carry", "record", "update",
    ]
    return names.map { pad($0) }.joined()
  }

  var line: String {
    ([String(side), String(count), String(threads)] + figures.map { Self.rounded($0.nanoseconds) })
      .map { Self.pad($0) }.joined()
  }

  var json: String {
    let members = figures.map { "\"\($0.name)\": \(Self.rounded($0.nanoseconds))" }
    return "{\"side\": \(side), \"connections\": \(count), \"threads\": \(threads), "
      + "\"nanoseconds_per_connection\": {\(members.joined(separator: ", "))}}"
  }

  private static func rounded(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func pad(_ text: String) -> String { String(repeating: " ", count: max(1, 12 - text.count)) + text }
}
