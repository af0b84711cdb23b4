// SPDX-License-Identifier: Apache-2.0
// Espalier: what the tests of the bridge share.

internal import Datasets
internal import SparseCore
internal import Testing

@testable internal import Environments

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The Python that tests start, and whether it has Gymnasium.
enum Python {
  static let name = Paths.environment("ESPALIER_PYTHON") ?? "python3"
  static let isThere = runs("import sys")
  static let hasGymnasium = runs("import gymnasium, numpy; gymnasium.make('CartPole-v1')")
  static let hasMuJoCo = runs("import gymnasium; gymnasium.make('HalfCheetah-v5')")

  private static func runs(_ program: String) -> Bool {
    guard let (ours, theirs) = SocketPair.make() else { return false }
    let (near, far) = (FrameChannel(socket: ours), FrameChannel(socket: theirs))
    defer {
      near.close()
      far.close()
    }
    guard let process = try? ChildProcess([name, "-c", program], socket: theirs, for: "test") else { return false }
    return process.waitForEnd(.seconds(60)) && process.ending == "ended with code 0"
  }
}

/// Child processes by their numbers.
enum Processes {
  /// Whether a child of this number is there, running or as a zombie.
  static func isThere(_ process: Int32) -> Bool {
    var status: Int32 = 0
    return waitpid(process, &status, WNOHANG) >= 0 || errno != ECHILD
  }

  /// Ends a process without asking it.
  static func kill(_ process: Int32) {
    #if canImport(Glibc)
      _ = Glibc.kill(process, SIGKILL)
    #elseif canImport(Musl)
      _ = Musl.kill(process, SIGKILL)
    #else
      _ = Darwin.kill(process, SIGKILL)
    #endif
  }
}
