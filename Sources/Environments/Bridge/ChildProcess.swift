// SPDX-License-Identifier: Apache-2.0
// Espalier: a child process that is never left behind.

internal import Datasets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A child process with a socket as descriptor 3, in a process group of its own.
///
/// Ctrl-C in a terminal does not reach it, so that its parent can finish a step. What it says on standard output and
/// standard error is kept, the last 64 KiB. It is waited for, always: neither a zombie nor an orphan stays.
final class ChildProcess {
  /// Its number, which is also that of its group.
  let identifier: Int32
  /// Where it speaks; -1 when it has closed that.
  private(set) var voice: Int32
  private var said: [UInt8] = []
  private var status: Int32?

  /// Bytes of its speech that are kept.
  static let kept = 64 << 10

  /// Starts a program found in the search path.
  ///
  /// - Parameter socket: becomes the child's descriptor 3, and stays open here.
  /// - Throws: ``EnvironmentError/ended(environment:how:report:)`` when it cannot be started.
  init(_ arguments: [String], socket: Int32, for environment: String) throws(EnvironmentError) {
    precondition(!arguments.isEmpty, "a process without a program")
    guard let speech = SocketPair.makePipe() else {
      throw .ended(environment: environment, how: "could not be started: \(systemReason())", report: "")
    }
    _ = fcntl(speech.read, F_SETFL, O_NONBLOCK)
    var started = pid_t()
    let failure = Self.spawn(arguments, socket, speech.write, &started)
    close(speech.write)
    guard failure == 0 else {
      close(speech.read)
      let reason = String(cString: strerror(failure))
      throw .ended(
        environment: environment, how: "could not be started: '\(arguments[0])': \(reason)", report: "")
    }
    identifier = started
    voice = speech.read
  }

  deinit {
    end(patience: .zero)
    if voice >= 0 { close(voice) }
  }

  private static func spawn(_ arguments: [String], _ socket: Int32, _ speech: Int32, _ started: inout pid_t) -> Int32 {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
      let closing = Int32(POSIX_SPAWN_CLOEXEC_DEFAULT)
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
      let closing: Int32 = 0
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, speech, 1)
    posix_spawn_file_actions_adddup2(&actions, speech, 2)
    posix_spawn_file_actions_adddup2(&actions, socket, 3)
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // What this process ignores or blocks, the child shall not: it could not be ended otherwise.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGCHLD] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = Int32(POSIX_SPAWN_SETPGROUP) | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK) | closing
    posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))
    // Safety: the copies of the texts live until the spawn has returned, and are freed after it.
    let texts = arguments.map { strdup($0) }
    defer { for text in texts { free(text) } }
    return posix_spawnp(&started, arguments[0], &actions, &attributes, texts + [nil], environ)
  }

  /// Keeps what the process has said since the last call.
  func listen() {
    var chunk = [UInt8](repeating: 0, count: 4096)
    while voice >= 0 {
      // Safety: the pointer is used inside the closure only, within the bounds of the array.
      let count = chunk.withUnsafeMutableBytes { read(voice, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { return }
      guard count > 0 else {
        close(voice)
        voice = -1
        return
      }
      said += chunk[..<count]
      if said.count > 2 * Self.kept { said.removeFirst(said.count - Self.kept) }
    }
  }

  /// The last that it said, at most 64 KiB.
  var report: String {
    let text = String(decoding: said.suffix(Self.kept), as: UTF8.self)
    return String(text.drop { $0.isNewline })
  }

  /// Whether it has ended; if so, it has been waited for, and its own children have been ended.
  func hasEnded() -> Bool {
    guard status == nil else { return true }
    var facts = siginfo_t()
    let result = waitid(P_PID, id_t(identifier), &facts, WEXITED | WNOHANG | WNOWAIT)
    if result < 0 && errno == ECHILD {
      // Somebody else's handler has waited for it.
      status = -1
      return true
    }
    guard result == 0, facts.si_signo != 0 else { return false }
    // While it has not been waited for, its number is taken: nobody else's group can have it.
    kill(-identifier, SIGKILL)
    var ended: Int32 = 0
    while waitpid(identifier, &ended, 0) < 0 && errno == EINTR {}
    status = ended
    listen()
    return true
  }

  /// Waits for its end, asks it to end when it has not after a while, and ends it two seconds later.
  func end(patience: Duration) {
    if waitForEnd(patience) { return }
    kill(-identifier, SIGTERM)
    if waitForEnd(.seconds(2)) { return }
    kill(-identifier, SIGKILL)
    while !waitForEnd(.seconds(1)) {}
  }

  /// Waits for its end; false when that takes longer.
  func waitForEnd(_ patience: Duration) -> Bool {
    let deadline = ContinuousClock.now + patience
    while !hasEnded() {
      guard ContinuousClock.now < deadline else { return false }
      // Its voice ends with it, which ends the waiting; without one, look again every few milliseconds.
      var event = pollfd(fd: voice, events: Int16(POLLIN), revents: 0)
      if poll(&event, 1, 5) > 0 { listen() }
    }
    return true
  }

  /// How it ended, in words that follow "its process"; nil while it runs.
  var ending: String? {
    guard let status else { return nil }
    if status == -1 { return "ended" }
    let signal = status & 0x7f
    if signal == 0 { return "ended with code \(status >> 8 & 0xff)" }
    let names: [Int32: String] = [
      SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGILL: "SIGILL", SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE",
      SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV", SIGPIPE: "SIGPIPE", SIGTERM: "SIGTERM",
    ]
    return "was ended by signal \(signal)" + (names[signal].map { " (\($0))" } ?? "")
  }
}
