// SPDX-License-Identifier: Apache-2.0
// Espalier: what can go wrong with a connection, before it has a name.

/// What can go wrong on the way to another process and back.
enum BridgeFault: Error, Sendable, Equatable {
  /// The other side is gone.
  case gone
  /// Nothing came in time.
  case silent
  /// What came does not follow the protocol.
  case broken(expected: String, got: String)
}
