// SPDX-License-Identifier: Apache-2.0
// Espalier: talking with a child process.

internal import Datasets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A child process that answers lines with lines: the Python side of `peers`, or this program itself.
///
/// One thread talks with it.
final class LineProcess {
  private let requests: Int32
  private let answers: Int32
  private let program: String
  private var child: pid_t
  private var pending: [UInt8] = []

  /// Starts `program` with some arguments; its standard error stays ours.
  init(_ program: String, _ arguments: [String]) throws(CommandError) {
    self.program = program
    // A child that has died must be an error of the write, not a signal that ends this process.
    signal(SIGPIPE, SIG_IGN)
    let (down, up) = try (Self.pipe(), Self.pipe())
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, down.read, 0)
    posix_spawn_file_actions_adddup2(&actions, up.write, 1)
    var started = pid_t()
    // Safety: the copies of the texts live until the spawn has returned, and are freed after it.
    let texts = ([program] + arguments).map { strdup($0) }
    let failure = posix_spawnp(&started, program, &actions, nil, texts + [nil], environ)
    for text in texts { free(text) }
    close(down.read)
    close(up.write)
    (requests, answers, child) = (down.write, up.read, started)
    guard failure == 0 else {
      child = 0
      throw CommandError(
        .failed, "cannot start '\(program)': \(String(cString: strerror(failure)))")
    }
  }

  deinit {
    close(requests)
    close(answers)
    if child > 0 {
      var status: Int32 = 0
      while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    }
  }

  /// Sends a request and returns the first line of its answer.
  func ask(_ request: String) throws(CommandError) -> String {
    try send(request)
    return try line()
  }

  /// Sends a request.
  func send(_ request: String) throws(CommandError) {
    var bytes = Array((request + "\n").utf8)[...]
    while !bytes.isEmpty {
      let wrote = bytes.withUnsafeBytes { write(requests, $0.baseAddress, $0.count) }
      if wrote < 0 && errno == EINTR { continue }
      guard wrote > 0 else { throw ended(asking: request) }
      bytes = bytes.dropFirst(wrote)
    }
  }

  /// The next line of an answer.
  func line() throws(CommandError) -> String {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        return line
      }
      var chunk = [UInt8](repeating: 0, count: 4096)
      let got = chunk.withUnsafeMutableBytes { read(answers, $0.baseAddress, $0.count) }
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else { throw ended(asking: nil) }
      pending += chunk[..<got]
    }
  }

  private func ended(asking request: String?) -> CommandError {
    var status: Int32 = 0
    var how = "its answers ended"
    if child > 0, waitpid(child, &status, 0) == child {
      child = 0
      how = status & 0x7f == 0 ? "it ended with code \(status >> 8 & 0xff)" : "signal \(status & 0x7f) ended it"
    }
    let when = request.map { " at '\($0)'" } ?? ""
    return CommandError(.failed, "the process '\(program)' is gone\(when): \(how); what it said stands above")
  }

  private static func pipe() throws(CommandError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    #if canImport(Glibc)
      let failed = Glibc.pipe(&ends)
    #elseif canImport(Musl)
      let failed = Musl.pipe(&ends)
    #else
      let failed = Darwin.pipe(&ends)
    #endif
    guard failed == 0 else { throw CommandError(.failed, "no pipe to another process: \(systemReason())") }
    // The child must not hold our ends open: it would never see the end of its requests.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }
}
