// SPDX-License-Identifier: Apache-2.0
// Espalier: what can be wrong with a wish for a mask.

/// Why a mask cannot be had as asked for.
public enum MaskError: Error, Equatable, Sendable {
  /// The text is not `N:M`.
  case pattern(String)
  /// N is not in 1 ... M, or M not in 1 ... 64.
  case sizes(kept: Int, side: Int)
  /// A score is NaN or infinite.
  case notFinite(row: Int, column: Int)
}

extension MaskError: CustomStringConvertible {
  /// What was expected, what came, what to do.
  public var description: String {
    switch self {
    case .pattern(let got): "expected a pattern N:M such as 2:4 or 4:8, N of every M weights kept, got '\(got)'"
    case .sizes(let kept, let side):
      "expected N from 1 to M, and M at most 64, got \(kept):\(side); N counts the weights that are kept"
    case .notFinite(let row, let column):
      "expected finite numbers, got one that is NaN, infinite or beyond single precision in row \(row), column \(column); look for where training diverged"
    }
  }
}
