// SPDX-License-Identifier: Apache-2.0
// Espalier: which program is on the other side of a bridge.

internal import Datasets

/// Which program serves the environments: the other side of the protocol AWP/1 (`Documentation/Bridge.md`).
public enum BridgeServer: Sendable, Equatable {
  /// The Python file that the environment variable `ESPALIER_BRIDGE` names; without it the text that this library carries.
  case automatic
  /// The text that this library carries: `Bridges/python/espalier_bridge/server.py`.
  case bundled
  /// A Python file.
  case file(String)
  /// An installed Python module, such as `espalier_bridge`.
  case module(String)
  /// Any program and its arguments; it finds a socket as descriptor 3.
  case command([String])

  /// The program and its arguments.
  func arguments(python: String) -> [String] {
    switch self {
    case .automatic:
      let file = Paths.environment("ESPALIER_BRIDGE").map { BridgeServer.file($0) }
      return (file ?? .bundled).arguments(python: python)
    case .bundled: return [python, "-u", "-c", BridgeSource.text]
    case .file(let path): return [python, "-u", path]
    case .module(let name): return [python, "-u", "-m", name]
    case .command(let arguments): return arguments
    }
  }
}
