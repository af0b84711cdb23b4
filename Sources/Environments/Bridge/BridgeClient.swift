// SPDX-License-Identifier: Apache-2.0
// Espalier: asking one other process.

internal import Datasets
internal import Synchronization

/// One process behind a bridge: requests, answers, and its end.
///
/// Safety of `@unchecked Sendable`: between ``begin(_:)`` and the answer the client belongs to the thread that asked, which
/// `isBusy` enforces and orders; a second thread that asks meanwhile stops the program with words.
final class BridgeClient: @unchecked Sendable {
  /// Which environment it is, for errors.
  let environment: String
  /// The number of its first world among those of all processes.
  let first: Int
  let limits: BridgeLimits
  /// What the process has made; nil until then.
  private(set) var specification: BridgeSpecification?

  /// Whether worlds begin again by themselves.
  private(set) var resets = true

  private let channel: FrameChannel
  private let process: ChildProcess?
  private let isBusy = Atomic(false)
  private var sequence: UInt32 = 0
  private var asked: FrameKind?
  /// Why it can no longer be asked.
  private var failure: EnvironmentError?

  /// Starts a program.
  convenience init(
    _ environment: String, first: Int, arguments: [String], limits: BridgeLimits
  ) throws(EnvironmentError) {
    guard let (ours, theirs) = SocketPair.make() else {
      throw .ended(environment: environment, how: "could not be started: \(systemReason())", report: "")
    }
    let channel = FrameChannel(socket: ours)
    let far = FrameChannel(socket: theirs)
    defer { far.close() }
    let process = try ChildProcess(arguments, socket: theirs, for: environment)
    self.init(environment, first: first, channel: channel, process: process, limits: limits)
  }

  /// Speaks through a channel.
  init(_ environment: String, first: Int, channel: FrameChannel, process: ChildProcess?, limits: BridgeLimits) {
    self.environment = environment
    self.first = first
    self.channel = channel
    self.process = process
    self.limits = limits
  }

  deinit { close() }

  /// The number of the process.
  var identifier: Int32? { process?.identifier }

  /// Whether an answer is due.
  var isWaiting: Bool { asked != nil }

  /// The bytes of the last answer, its header included.
  var answer: [UInt8] { _read { yield channel.answer } }

  // Asking

  /// Begins a request; its payload is appended, then it is sent.
  ///
  /// - Throws: why the process has been ended before, if it has.
  func begin(_ kind: FrameKind) throws(EnvironmentError) {
    if let failure { throw failure }
    let wasBusy = isBusy.exchange(true, ordering: .acquiring)
    precondition(!wasBusy, "two threads ask the process of '\(environment)' at once")
    channel.begin()
    asked = kind
  }

  /// Appends a number to the request, little-endian.
  func append(_ number: some FixedWidthInteger) {
    for byte in 0..<number.bitWidth / 8 { channel.request.append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
  }

  /// Sends the request that has been begun.
  func send() throws(EnvironmentError) {
    let kind = asked ?? .ping
    sequence &+= 1
    do throws(BridgeFault) {
      try channel.send(kind, sequence: sequence, until: .now + limit(kind), hearing: process)
    } catch {
      throw end(by: error)
    }
  }

  /// Sends a request with a text.
  private func send(_ kind: FrameKind, _ message: JSONValue) throws(EnvironmentError) {
    try begin(kind)
    channel.request += Array(message.text().utf8)
    try send()
  }

  /// Receives the answer to the last request.
  ///
  /// - Returns: its header; the bytes are ``answer``.
  /// - Throws: ``EnvironmentError``. After `failed` and after a `broken` that the other side told the process can be asked
  ///   again; after all others it has been ended.
  func receive(_ expected: FrameKind) throws(EnvironmentError) -> FrameHeader {
    let kind = asked ?? expected
    var account: BridgeAccount?
    let header: FrameHeader
    do throws(BridgeFault) {
      channel.awake = kind == .step ? limits.awake : .zero
      header = try channel.receive(until: .now + limit(kind), hearing: process)
      guard header.sequence == sequence else {
        throw .broken(expected: "an answer to request \(sequence)", got: "one to request \(header.sequence)")
      }
      if header.kind == FrameKind.error.rawValue {
        account = try BridgeAccount(reading: payload(header))
      } else if header.kind != expected.rawValue {
        throw .broken(expected: "an answer to \(kind.words)", got: "a frame of kind \(header.kind)")
      }
    } catch {
      throw end(by: error)
    }
    finish()
    if let account { throw account.error(in: environment, first: first) }
    return header
  }

  /// Ends the process for an answer that does not follow the protocol.
  func refuse(_ expected: String, got: String) -> EnvironmentError {
    end(by: .broken(expected: expected, got: got))
  }

  /// The payload of the last answer.
  func payload(_ header: FrameHeader) -> [UInt8] {
    Array(channel.answer[FrameHeader.byteCount..<FrameHeader.byteCount + header.length])
  }

  // Making and closing

  /// Asks for greetings and then for environments, in two steps each, so that several processes import at once.
  func sendHello() throws(EnvironmentError) {
    try send(.hello, ["protocols": [1], "client": "espalier"])
  }

  /// Asks for environments.
  func sendMake(count: Int, settings: EnvironmentSettings, resets: Bool) throws(EnvironmentError) {
    _ = try receive(.helloOK)
    self.resets = resets
    try send(
      .make,
      [
        "id": .string(environment), "kwargs": EnvironmentSettings.Value.named(settings.values).json,
        "num_envs": .integer(count), "autoreset": resets ? "same_step" : "disabled", "wrapper": "gymnasium",
      ])
  }

  /// Learns what has been made.
  func receiveSpecification(count: Int) throws(EnvironmentError) -> BridgeSpecification {
    let header = try receive(.specification)
    do throws(BridgeFault) {
      let specification = try BridgeSpecification(reading: payload(header), count: count)
      self.specification = specification
      return specification
    } catch {
      throw end(by: error)
    }
  }

  /// Closes the environments and waits for the process; ends it when it takes too long.
  func close() {
    guard failure == nil else { return }
    if asked == nil, (try? begin(.close)) != nil, (try? send()) != nil { _ = try? receive(.closed) }
    guard failure == nil else { return }
    failure = .ended(environment: environment, how: "was closed", report: "")
    channel.close()
    process?.end(patience: limits.close)
  }

  private func limit(_ kind: FrameKind) -> Duration {
    switch kind {
    case .hello, .make: limits.make
    case .close: limits.close
    default: limits.step
    }
  }

  private func finish() {
    asked = nil
    isBusy.store(false, ordering: .releasing)
  }

  /// Ends the process and remembers why.
  private func end(by fault: BridgeFault) -> EnvironmentError {
    let error: EnvironmentError
    let kind = asked
    channel.close()
    switch fault {
    case .gone:
      _ = process?.waitForEnd(limits.close)
      let how = process?.ending ?? "closed its connection"
      process?.end(patience: .zero)
      error = .ended(environment: environment, how: how, report: process?.report ?? "")
    case .silent:
      process?.end(patience: .zero)
      let limit = kind.map { self.limit($0) } ?? .zero
      error = .silent(
        environment: environment, seconds: limit / .seconds(1), waitingFor: kind?.words ?? "a request",
        report: process?.report ?? "")
    case .broken(let expected, let got):
      process?.end(patience: .zero)
      error = .broken(environment: environment, expected: expected, got: got)
    }
    failure = error
    finish()
    return error
  }
}
