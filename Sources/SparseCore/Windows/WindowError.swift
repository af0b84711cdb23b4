// SPDX-License-Identifier: Apache-2.0
// Espalier: what can be wrong with windowed connections that come from outside.

/// Why a list of offsets is not a windowed layer.
public enum WindowError: Error, Equatable, Sendable {
  /// One offset or value a connection is needed.
  case count(expected: Int, got: Int)
  /// An offset lies outside its window.
  case offset(row: Int, offset: Int, window: Int)
  /// The offsets of a neuron must rise strictly.
  case order(row: Int)
}

extension WindowError: CustomStringConvertible {
  /// The error in words.
  public var description: String {
    switch self {
    case .count(let expected, let got): "expected one offset and one value a connection, \(expected), got \(got)"
    case .offset(let row, let offset, let window): "expected offsets in 0 ..< \(window), got \(offset) in row \(row)"
    case .order(let row): "expected rising offsets without repetition, row \(row) breaks this"
    }
  }
}
