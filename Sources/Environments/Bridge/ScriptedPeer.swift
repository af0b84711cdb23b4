// SPDX-License-Identifier: Apache-2.0
// Espalier: another side that says what it has been told to say.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The other side of a bridge, played: everything it will say lies in its socket before it is asked, so that no second thread or
/// process is needed.
final class ScriptedPeer {
  /// The end for whoever asks; taken over by the first channel made of it.
  let ours: Int32
  private var theirs: Int32

  /// Says some bytes, 64 KiB at most so that they fit a socket, and no more after them; nil when there are no sockets.
  init?(saying bytes: [UInt8]) {
    guard let (ours, theirs) = SocketPair.make() else { return nil }
    (self.ours, self.theirs) = (ours, theirs)
    // Safety: the pointer is used inside the call only.
    let wrote = bytes.withUnsafeBytes { send(theirs, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
    precondition(wrote == bytes.count, "\(bytes.count) bytes do not fit a socket")
    shutdown(theirs, Int32(SHUT_WR))
  }

  deinit { close() }

  /// A client that asks this side; at most one.
  func client(
    _ environment: String, first: Int = 0, limits: BridgeLimits = BridgeLimits()
  ) -> BridgeClient {
    BridgeClient(environment, first: first, channel: FrameChannel(socket: ours), process: nil, limits: limits)
  }

  /// What has been asked so far, frame after frame.
  func heard() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    // Safety: the pointer is used inside the call only, within the bounds of the array.
    let count = bytes.withUnsafeMutableBytes { recv(theirs, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
    return Array(bytes.prefix(max(0, count)))
  }

  /// Stops listening.
  func close() {
    guard theirs >= 0 else { return }
    #if canImport(Glibc)
      _ = Glibc.close(theirs)
    #elseif canImport(Musl)
      _ = Musl.close(theirs)
    #else
      _ = Darwin.close(theirs)
    #endif
    theirs = -1
  }
}
