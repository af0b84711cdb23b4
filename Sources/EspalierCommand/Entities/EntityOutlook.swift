// SPDX-License-Identifier: Apache-2.0
// Espalier: how long a search for entities will take.

internal import Espalier

/// Tells before long work how long it is.
enum EntityOutlook {
  /// Seconds for all parts of a pattern: about 3^*n* / 2 sums at six a nanosecond.
  static func seconds(nodes: Int) -> Double {
    (0..<nodes).reduce(0.5) { seconds, _ in seconds * 3 } / 6e9
  }

  /// Seconds for the choices of the first cells that a window depends on.
  static func seconds(firstCells: Int, nodes: Int) -> Double {
    (0..<firstCells).reduce(1.0) { seconds, _ in seconds * 2 } * Double(nodes) * 2e-9
  }

  /// Tells whoever waits, when it is more than a moment.
  static func tell(seconds: Double) {
    guard seconds > 20 else { return }
    let words =
      seconds < 120
      ? "\(Int(seconds)) seconds"
      : seconds < 7200 ? "\(Int(seconds / 60)) minutes" : "\(NumberText.grouped(Int(min(seconds / 3600, 1e9)))) hours"
    Output.talk("this can take \(words) on one core; Ctrl-C stops it")
  }
}
