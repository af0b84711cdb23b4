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

  /// Joins the parts.
  public init(make: Duration = .seconds(60), step: Duration = .seconds(30), close: Duration = .seconds(2)) {
    self.make = make
    self.step = step
    self.close = close
  }
}
