// SPDX-License-Identifier: Apache-2.0
// Espalier: Ctrl-C.

internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The first Ctrl-C (or SIGTERM) asks the run to save and stop; the second leaves at once.
enum Interruption {
  private static let count = Atomic<Int>(0)

  /// Whether the user has asked to stop.
  static var isRequested: Bool { count.load(ordering: .relaxed) > 0 }

  /// Listens from now on.
  ///
  /// The handler touches one atomic number and `_exit`, which a signal may; the load before it makes sure that the
  /// number has been set up.
  static func listen() {
    _ = isRequested
    let handler: @convention(c) (Int32) -> Void = { _ in
      if Interruption.count.wrappingAdd(1, ordering: .relaxed).oldValue > 0 {
        _exit(CommandStatus.interrupted.rawValue)
      }
    }
    signal(SIGINT, handler)
    signal(SIGTERM, handler)
  }
}
