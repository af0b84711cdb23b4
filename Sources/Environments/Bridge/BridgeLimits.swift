// SPDX-License-Identifier: Apache-2.0
// Espalier: how long to wait for another process.

/// How long a bridge waits before it ends the process behind it.
public struct BridgeLimits: Sendable, Equatable {
  /// For the process to start and to make its environments; imports may take long.
  public var make: Duration
  /// For a reset, a step or a picture.
  public var step: Duration
  /// For the process to end by itself when it is closed.
  public var close: Duration
  /// For how long a step's answer is looked for before this thread sleeps.
  ///
  /// Falling asleep and waking up takes tens of microseconds, which is much beside a step of a few hundred. It is taken
  /// as zero with as many processes as cores, which would take turns with the waiting otherwise.
  public var awake: Duration

  /// Joins the parts.
  public init(
    make: Duration = .seconds(60), step: Duration = .seconds(30), close: Duration = .seconds(2),
    awake: Duration = .milliseconds(2)
  ) {
    self.awake = awake
    self.make = make
    self.step = step
    self.close = close
  }
}
