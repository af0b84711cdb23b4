// SPDX-License-Identifier: Apache-2.0
// Espalier: how child processes end.

internal import Datasets
internal import Testing

@testable internal import Environments

@Suite("Ends of the bridge's processes")
struct ChildProcessTests {
  private func shell(_ program: String, limits: BridgeLimits = BridgeLimits()) throws -> GymnasiumEnvironments {
    try GymnasiumEnvironments(
      "Shell-v0", count: 1, server: .command(["/bin/sh", "-c", program]), limits: limits)
  }

  @Test(
    "a process that ends tells how, and what it said",
    arguments: [
      ("echo no licence >&2; echo found; exit 3", "ended with code 3", "no licence\nfound\n"),
      ("kill -9 $$", "was ended by signal 9 (SIGKILL)", ""),
      ("kill -15 $$", "was ended by signal 15 (SIGTERM)", ""),
      ("exec 3>&-; trap '' TERM; sleep 1000", "closed its connection", ""),
    ])
  func ended(program: String, how: String, report: String) {
    #expect(throws: EnvironmentError.ended(environment: "Shell-v0", how: how, report: report)) {
      try shell(program, limits: BridgeLimits(close: .milliseconds(50)))
    }
  }

  @Test("a program that is not there is told")
  func missing() {
    let error = #expect(throws: EnvironmentError.self) {
      try GymnasiumEnvironments("Shell-v0", count: 1, python: "/no/such/python", server: .bundled)
    }
    #expect(
      error?.description
        == "environment 'Shell-v0': its process could not be started: '/no/such/python': No such file or directory")
  }

  @Test("of what a process says the end is kept, and saying much does not stop it")
  func report() throws {
    let error = #expect(throws: EnvironmentError.self) {
      try shell(
        "i=0; while [ $i -lt 4000 ]; do echo $i, a line of some fifty letters, to fill the pipe soon >&2; i=$((i+1)); done"
      )
    }
    guard case .ended(_, let how, let report) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(how == "ended with code 0" && report.utf8.count > 60_000 && report.utf8.count <= 64 << 10)
    #expect(report.hasSuffix("3999, a line of some fifty letters, to fill the pipe soon\n"))
  }

  @Test("a silent process is ended, and says so with what it said")
  func silence() {
    let limits = BridgeLimits(make: .milliseconds(300))
    let error = #expect(throws: EnvironmentError.self) {
      try shell("echo importing the world >&2; exec sleep 1000", limits: limits)
    }
    #expect(
      error
        == .silent(
          environment: "Shell-v0", seconds: 0.3, waitingFor: "a greeting", report: "importing the world\n"))
    #expect(
      error?.description
        == """
        environment 'Shell-v0': expected an answer to a greeting within 0.3 s, got none; its process was ended
          | importing the world
        """)
  }

  @Test("an answer that breaks the protocol ends the process")
  func broken() {
    let error = #expect(throws: EnvironmentError.self) { try shell("echo GET / HTTP/1.1, please >&3; exec sleep 1000") }
    #expect(
      error?.description
        == "environment 'Shell-v0': expected a frame that begins with 'AWP1', got the bytes [71, 69, 84, 32]")
  }

  @Test("no process stays: neither one that must be ended nor its own children")
  func nothingStays() throws {
    for program in ["exec sleep 1000", "sleep 1000 & sleep 1000"] {
      let (ours, theirs) = try #require(SocketPair.make())
      let (near, far) = (FrameChannel(socket: ours), FrameChannel(socket: theirs))
      var process: ChildProcess? = try ChildProcess(["/bin/sh", "-c", program], socket: theirs, for: "test")
      far.close()
      let number = try #require(process?.identifier)
      #expect(Processes.isThere(number))
      process?.end(patience: .zero)
      #expect(!Processes.isThere(number) && process?.ending == "was ended by signal 15 (SIGTERM)")
      // A grandchild would hold the other end of this socket.
      #expect(throws: BridgeFault.gone) { try near.receive(until: .now + .seconds(20)) }
      process = nil
    }
    var process: ChildProcess?
    let (near, far) = try #require(SocketPair.make().map { (FrameChannel(socket: $0.ours), $0.theirs) })
    process = try ChildProcess(["/bin/sh", "-c", "exec sleep 1000"], socket: far, for: "test")
    let number = try #require(process?.identifier)
    process = nil
    #expect(!Processes.isThere(number))
    FrameChannel(socket: far).close()
    near.close()
  }
}
