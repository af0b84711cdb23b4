// SPDX-License-Identifier: Apache-2.0
// Espalier: windows of consecutive steps.

extension BinnedRollouts {
  /// Counts the windows of consecutive steps, inside episodes only; a step that is left out ends a window.
  ///
  /// - Parameter length: steps of a window.
  /// - Throws: `EntityError.tooLarge` when the values of a window take more than 64 bits, `EntityError.undefined` when no episode has
  ///   so many consecutive steps.
  /// - Complexity: O(*rows* · (*variables* + *length*)), and sorting for more than 20 bits.
  public func windows(length: Int) throws(EntityError) -> WindowSample {
    guard length >= 1, !variables.isEmpty else {
      throw .pattern(
        expected: "windows of at least 1 step and 1 variable", got: "\(length) and \(variables.count)")
    }
    let widths = variables.map { max(1, Int.bitWidth - ($0.stateCount - 1).leadingZeroBitCount) }
    let bits = widths.reduce(0, +)
    guard length <= 64, bits <= 64 / length else {
      throw .tooLarge(
        what: "the bits of a window's values", limit: "64",
        got: "\(bits) a step in each of \(length) steps", advice: "choose fewer variables, bins or steps")
    }
    var rows = [UInt64](repeating: 0, count: count)
    for (variable, width) in zip(variables, widths) {
      for row in rows.indices { rows[row] = rows[row] << UInt64(width) | UInt64(variable.codes[row]) }
    }
    let whole: UInt64 = bits * length == 64 ? .max : 1 << UInt64(bits * length) - 1
    var windows: [UInt64] = []
    windows.reserveCapacity(count)
    for run in runs where run.count >= length {
      var window: UInt64 = 0
      for row in run {
        window = (window << UInt64(bits) | rows[row]) & whole
        if row - run.lowerBound >= length - 1 { windows.append(window) }
      }
    }
    guard !windows.isEmpty else {
      throw .undefined(
        what: "a window of \(length) steps",
        reason: "no episode has so many consecutive steps, the longest run has \(runs.map(\.count).max() ?? 0)")
    }
    return WindowSample(
      nodes: nodes(length), widths: (0..<length).flatMap { _ in widths }, windows: windows)
  }

  /// The variables at each of some steps.
  func nodes(_ length: Int) -> [ModelNode] {
    (0..<length).flatMap { time in
      variables.enumerated().map { place, variable in
        ModelNode(
          length == 1 ? variable.name : "\(variable.name)@\(time)", states: variable.stateCount,
          stateNames: variable.stateNames, place: place, time: time)
      }
    }
  }
}
