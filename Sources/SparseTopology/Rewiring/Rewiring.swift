// SPDX-License-Identifier: Apache-2.0
// Espalier: a proposed change of connections, and the one engine that applies it.

public import SparseCore

/// A proposed change of a layer's connections.
///
/// Rules propose, ``apply(to:workers:)`` disposes: weights, optimizer state and cached orders of every method go through that
/// one function. A connection that is dropped and grown in the same rewiring counts as never dropped, as in RigL:
/// it keeps its value and its slots.
///
///     let rewiring = Rewiring(dropped: [4], grown: [Connection(row: 0, column: 7)])
///     let rewired = rewiring.apply(to: weights.pattern)
public struct Rewiring: Sendable, Equatable {
  /// Positions to drop, rising.
  public let dropped: [Int]
  /// Connections to grow, sorted row by row and distinct.
  public let grown: [Connection]

  /// Proposes a change; the order of both lists is checked here, their ranges by ``apply(to:workers:)``.
  public init(dropped: [Int] = [], grown: [Connection] = []) {
    for index in dropped.indices.dropFirst() {
      precondition(dropped[index - 1] < dropped[index], "dropped positions must rise; entry \(index) does not")
    }
    for index in grown.indices.dropFirst() {
      precondition(
        grown[index - 1].order < grown[index].order, "grown connections must rise; entry \(index) does not")
    }
    self.dropped = dropped
    self.grown = grown
  }

  /// Takes what the library's own rules guarantee.
  init(trustedDropped dropped: [Int], grown: [Connection]) {
    self.dropped = dropped
    self.grown = grown
  }

  /// Whether nothing is dropped or grown.
  public var isEmpty: Bool { dropped.isEmpty && grown.isEmpty }

  /// Makes the new pattern and tells where its connections come from.
  ///
  /// Stops the program when a dropped position or a grown connection lies outside the layer, or when a grown
  /// connection exists and is not dropped: such a rule is wrong; and for 2³² - 1 connections and more.
  ///
  /// The rows' new lengths are counted first; then every row is merged straight into its place, in the new arrays.
  ///
  /// - Parameter workers: the threads that may help; nil leaves the caller alone. The result is the same.
  /// - Complexity: O(*rows* + *count*) time; the new pattern and 4 bytes a connection.
  /// - Invariant: the new count is the old one - dropped + grown.
  public func apply(to pattern: SparsityPattern, workers: Workers? = nil) -> RewiredPattern {
    let count = pattern.count - dropped.count + grown.count
    precondition(
      max(pattern.count, count) < Int(RewiredPattern.newborn),
      "expected fewer than 2^32 - 1 connections in a layer that is rewired, got \(max(pattern.count, count)); "
        + "part it into several layers, or keep its connections")
    checkRanges(of: pattern)
    return RowMerge(rewiring: self, pattern: pattern, workers: workers ?? Workers(threads: 1)).rewired(count: count)
  }

  private func checkRanges(of pattern: SparsityPattern) {
    if let first = dropped.first, let last = dropped.last {
      precondition(
        first >= 0 && last < pattern.count, "dropped positions \(first) ... \(last) of \(pattern.count) connections")
    }
    if let last = grown.last {
      precondition(
        last.row < pattern.rows, "grown \(last) in a layer of \(pattern.rows) x \(pattern.columns)")
    }
  }
}
