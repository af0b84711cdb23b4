// SPDX-License-Identifier: Apache-2.0
// Espalier: frames over a socket, with a deadline.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Sends and receives whole frames over one end of a socket pair; owns it.
///
/// Both buffers are kept, so that nothing is allocated once they are large enough. One thread at a time.
final class FrameChannel {
  /// What is to be sent: sixteen bytes for the header, then the payload.
  var request = [UInt8](repeating: 0, count: FrameHeader.byteCount)
  /// What has come: the header's sixteen bytes, then the payload, then anything.
  private(set) var answer = [UInt8](repeating: 0, count: 1 << 16)

  /// For how long to look for an answer before sleeping: waking up takes longer than many a step.
  var awake = Duration.zero

  /// Bytes behind the last frame, which belong to the next one.
  private var surplus = 0..<0
  private var socket: Int32
  private var events: [pollfd]

  /// Takes over a socket, and a process to listen to meanwhile.
  init(socket: Int32) {
    self.socket = socket
    events = [pollfd(fd: socket, events: 0, revents: 0), pollfd(fd: -1, events: Int16(POLLIN), revents: 0)]
  }

  deinit { close() }

  /// Closes the socket: the other side sees the end.
  func close() {
    guard socket >= 0 else { return }
    #if canImport(Glibc)
      _ = Glibc.close(socket)
    #elseif canImport(Musl)
      _ = Musl.close(socket)
    #else
      _ = Darwin.close(socket)
    #endif
    socket = -1
    events[0].fd = -1
  }

  /// Begins a request; its payload is appended to ``request``.
  func begin() {
    request.removeLast(request.count - FrameHeader.byteCount)
  }

  /// Sends ``request``.
  ///
  /// - Throws: ``BridgeFault/gone``, and ``BridgeFault/silent`` when the other side does not read until the deadline.
  func send(
    _ kind: FrameKind, sequence: UInt32, until deadline: ContinuousClock.Instant, hearing process: ChildProcess? = nil
  ) throws(BridgeFault) {
    let header = FrameHeader(kind, sequence: sequence, length: request.count - FrameHeader.byteCount)
    header.write(to: &request)
    var sent = 0
    while sent < request.count {
      // Safety: the pointer is used inside the closure only, within the bounds of the array.
      let count = request.withUnsafeBytes { bytes in
        sendBytes(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
      }
      if count > 0 {
        sent += count
      } else if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) {
        try wait(for: POLLOUT, until: deadline, process)
      } else if count == 0 || errno != EINTR {
        throw .gone
      }
    }
  }

  /// Receives one frame into ``answer``.
  ///
  /// - Throws: ``BridgeFault``; after any of them the connection is of no use.
  /// - Complexity: O(*bytes*); memory grows with what has come, not with what was announced.
  func receive(
    until deadline: ContinuousClock.Instant, hearing process: ChildProcess? = nil
  ) throws(BridgeFault) -> FrameHeader {
    for index in surplus { answer[index - surplus.lowerBound] = answer[index] }
    var have = surplus.count
    surplus = 0..<0
    var header: FrameHeader?
    let sleep = ContinuousClock.now + awake
    while true {
      if have >= FrameHeader.byteCount {
        let known: FrameHeader
        if let header { known = header } else { known = try FrameHeader(reading: answer) }
        header = known
        let need = FrameHeader.byteCount + known.length
        if have >= need {
          surplus = need..<have
          return known
        }
      }
      if have == answer.count { answer.append(contentsOf: repeatElement(0, count: answer.count)) }
      // Safety: the pointer is used inside the closure only, within the bounds of the array.
      let count = answer.withUnsafeMutableBytes { bytes in
        receiveBytes(UnsafeMutableRawBufferPointer(rebasing: bytes[have...]))
      }
      if count < 0 && errno == EINTR { continue }
      if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) {
        if ContinuousClock.now < sleep { sched_yield() } else { try wait(for: POLLIN, until: deadline, process) }
        continue
      }
      guard count > 0 else { throw .gone }
      have += count
    }
  }

  /// Waits until the socket is ready, keeping what the process says in the meantime.
  private func wait(
    for event: Int32, until deadline: ContinuousClock.Instant, _ process: ChildProcess?
  ) throws(BridgeFault) {
    events[0].events = Int16(event)
    while true {
      events[1].fd = process?.voice ?? -1
      let left = ContinuousClock.now.duration(to: deadline).components
      guard left.seconds >= 0, left.attoseconds >= 0 else { throw .silent }
      // A quarter of a second at a time: the end of a process shows on its socket unless a grandchild holds it open.
      let milliseconds =
        left.seconds > 0 ? 250 : min(250, Int32(left.attoseconds / 1_000_000_000_000_000) + 1)
      let ready = poll(&events, nfds_t(events.count), milliseconds)
      if ready < 0 && errno != EINTR { throw .gone }
      guard ready > 0 else {
        if ready == 0, let process, process.hasEnded() { throw .gone }
        continue
      }
      if events[1].revents != 0 { process?.listen() }
      if events[0].revents != 0 { return }
    }
  }

  private func sendBytes(_ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Darwin)
      let flags = MSG_DONTWAIT
    #else
      let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
    #endif
    #if canImport(Glibc)
      return Glibc.send(socket, bytes.baseAddress, bytes.count, flags)
    #elseif canImport(Musl)
      return Musl.send(socket, bytes.baseAddress, bytes.count, flags)
    #else
      return Darwin.send(socket, bytes.baseAddress, bytes.count, flags)
    #endif
  }

  private func receiveBytes(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
    recv(socket, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT))
  }
}
