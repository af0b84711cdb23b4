// SPDX-License-Identifier: Apache-2.0
// Espalier: the system's curl.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Fetches one address into one file by the system's `curl`.
struct Curl: Sendable {
  let program: String

  /// Fetches to `path`, which is left for the caller to check and to rename or remove.
  func fetch(_ url: String, to path: String) throws(FetchError) {
    let arguments = [
      program, "-fsSL", "--retry", "2", "--connect-timeout", "15", "--speed-limit", "100", "--speed-time", "60",
      "-o", path, "--", url,
    ]
    let status = try run(arguments)
    guard status & 0x7f == 0 else { throw .interrupted }
    let code = Int(status >> 8 & 0xff)
    guard code == 0 else {
      let (reason, advice) = Self.words(code)
      throw .failed(url: url, reason: reason, advice: advice)
    }
  }

  private func run(_ arguments: [String]) throws(FetchError) -> Int32 {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var child = pid_t()
    let failure = Self.withTexts(arguments) { arguments in
      Self.withTexts(Self.environment()) { environment in
        posix_spawnp(&child, program, &actions, nil, arguments, environment)
      }
    }
    guard failure == 0 else { throw .noCurl(program: program, reason: String(cString: strerror(failure))) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
      guard errno == EINTR else { throw .noCurl(program: program, reason: systemReason()) }
    }
    guard status >> 8 & 0xff != 127 || status & 0x7f != 0 else {
      throw .noCurl(program: program, reason: "not found")
    }
    return status
  }

  /// The variables that curl listens to.
  private static func environment() -> [String] {
    [
      "PATH", "HOME", "TMPDIR", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
      "NO_PROXY", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_HOME",
    ].compactMap { name in Paths.environment(name).map { "\(name)=\($0)" } }
  }

  /// Lends texts as a C array that ends in nil.
  ///
  /// Safety: the copies live until `body` returns, and are freed after it.
  private static func withTexts(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Int32
  ) -> Int32 {
    let copies = texts.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }

  /// curl's exit codes in words, and what to do.
  static func words(_ code: Int) -> (reason: String, advice: String) {
    let network = "check the network (or the proxy variables), or put the files into the cache folder by hand"
    return switch code {
    case 5, 6: ("the server's name is not known here", network)
    case 7: ("no connection to the server", network)
    case 22: ("the server has no such file or refuses it (an HTTP error)", "try again later or another mirror")
    case 23: ("the file cannot be written", "free some space or choose another cache folder (ESPALIER_DATA)")
    case 28: ("the server did not answer in time", network)
    case 35, 51, 58, 60, 77: ("no secure connection to the server", "check the clock and the system's certificates")
    case 37: ("there is no such file", "check the address")
    case 18, 52, 55, 56: ("the connection broke", "try again")
    default: ("curl ended with code \(code)", network)
    }
  }
}
