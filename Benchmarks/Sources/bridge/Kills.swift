// SPDX-License-Identifier: Apache-2.0
// Espalier: what becomes of a bridge whose process is killed.

internal import Espalier

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Kills the process behind a bridge at random moments; each time an error must say so and nothing may stay.
struct Kills {
  let id: String
  let count: Int
  let python: String

  /// Returns what went wrong, an empty list when nothing did.
  func run() async throws -> [String] {
    var faults: [String] = []
    var random = Random(seed: 1).split("moments")
    for kill in 0..<count {
      var worlds = try GymnasiumEnvironments(id, count: 4, python: python)
      var results = VectorStep(for: worlds)
      let process = worlds.processes[0]
      let wait = Duration.microseconds(random.below(60_000))
      let killer = Task.detached {
        try? await Task.sleep(for: wait)
        #if canImport(Glibc)
          Glibc.kill(process, SIGKILL)
        #elseif canImport(Musl)
          Musl.kill(process, SIGKILL)
        #else
          Darwin.kill(process, SIGKILL)
        #endif
      }
      var steps = 0
      do throws(EnvironmentError) {
        try worlds.reset(seed: UInt64(kill), into: &results)
        let actions = [Float](repeating: 0, count: 4 * worlds.actionSpace.flatCount)
        while steps < 1_000_000 {
          try worlds.step(actions.span, into: &results)
          steps += 1
        }
        faults.append("kill \(kill): no error")
      } catch {
        guard case .ended(_, let how, _) = error, how == "was ended by signal 9 (SIGKILL)" else {
          faults.append("kill \(kill): \(error)")
          continue
        }
        print("kill \(kill) after \(steps) steps: \(error)")
      }
      await killer.value
      if Self.stays(process) { faults.append("kill \(kill): process \(process) stays") }
    }
    return faults
  }

  /// Whether a process of this number is there, as a zombie too.
  private static func stays(_ process: Int32) -> Bool {
    var status: Int32 = 0
    return waitpid(process, &status, WNOHANG) >= 0 || errno != ECHILD
  }
}
