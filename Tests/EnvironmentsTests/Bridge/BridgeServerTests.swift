// SPDX-License-Identifier: Apache-2.0
// Espalier: the Python side that the library carries.

internal import Datasets
internal import Testing

@testable internal import Environments

@Suite("The bridge's Python server")
struct BridgeServerTests {
  @Test("the text that the library carries is the file; `Scripts/bridge_source.sh` makes it so")
  func text() throws {
    var folder = Paths.folder(of: #filePath)
    for _ in 0..<3 { folder = Paths.folder(of: folder) }
    let file = Paths.join(folder, "Bridges/python/espalier_bridge/server.py")
    #expect(
      try BridgeSource.text + "\n" == String(decoding: InputFile.contents(of: file, limit: 1 << 20), as: UTF8.self))
  }

  @Test("what is started")
  func arguments() {
    #expect(BridgeServer.bundled.arguments(python: "p") == ["p", "-u", "-c", BridgeSource.text])
    #expect(BridgeServer.file("a.py").arguments(python: "p") == ["p", "-u", "a.py"])
    #expect(BridgeServer.module("m").arguments(python: "p") == ["p", "-u", "-m", "m"])
    #expect(BridgeServer.command(["x", "y"]).arguments(python: "p") == ["x", "y"])
  }

  @Test("without NumPy the package to install is named", .enabled(if: Python.isThere))
  func missing() {
    // Without its site the interpreter finds the standard library only.
    let error = #expect(throws: EnvironmentError.self) {
      try GymnasiumEnvironments(
        "CartPole-v1", count: 1, server: .command([Python.name, "-I", "-S", "-u", "-c", BridgeSource.text]))
    }
    guard case .failed("CartPole-v1", "make", let message, "") = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(message.hasPrefix("the package 'numpy' is not installed for "))
  }
}
