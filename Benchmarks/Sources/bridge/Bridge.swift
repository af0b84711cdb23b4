// SPDX-License-Identifier: Apache-2.0
// Espalier: measures the bridge to Gymnasium.

internal import Espalier

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// `bridge overhead [--asleep] [id ...]` and `bridge kills [number]`; the Python is that of `ESPALIER_PYTHON`, else `python3`.
@main
struct Bridge {
  static func main() async throws {
    var words = CommandLine.arguments.dropFirst()
    let python = getenv("ESPALIER_PYTHON").map { String(cString: $0) } ?? "python3"
    switch words.popFirst() {
    case "overhead":
      let isAsleep = words.first == "--asleep"
      if isAsleep { words.removeFirst() }
      let ids = words.isEmpty ? ["HalfCheetah-v5", "Hopper-v5"] : Array(words)
      let loop = String(#filePath.dropLast("Bridge.swift".count)) + "loop.py"
      print("environment        worlds  processes  own us/step  bridged us/step  overhead  allocations")
      for id in ids {
        for (count, workers) in [(8, 1), (8, 2), (1, 1)] {
          let overhead = Overhead(
            id: id, count: count, workers: workers, steps: 2000 / count, rounds: 41, python: python, loop: loop,
            awake: isAsleep ? .zero : BridgeLimits().awake)
          let result = try overhead.measure()
          let columns: [(String, Int)] = [
            (id, 18), ("\(count)", 7), ("\(workers)", 10), (tenths(result.own), 12), (tenths(result.bridged), 16),
            (tenths(100 * result.overhead) + " %", 9), ("\(result.allocations)", 12),
          ]
          print(columns.map { String(repeating: " ", count: max(0, $0.1 - $0.0.count)) + $0.0 }.joined(separator: " "))
        }
      }
    case "kills":
      let kills = Kills(id: "CartPole-v1", count: words.first.flatMap { Int($0) } ?? 50, python: python)
      let faults = try await kills.run()
      print(
        faults.isEmpty
          ? "\(kills.count) kills, \(kills.count) clear errors, nothing stays" : faults.joined(separator: "\n"))
      if !faults.isEmpty { exit(1) }
    default:
      print("usage: bridge overhead [--asleep] [id ...] | bridge kills [number]")
      exit(64)
    }
  }

  private static func tenths(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}
