// SPDX-License-Identifier: Apache-2.0
// Espalier: how numbers become states.

/// How the values of a variable become a few states.
///
/// As text: "quantile:3", "uniform:4", "threshold:0,1.5", "category".
public enum Binning: Sendable, Hashable {
  /// So many bins of about equally many rows; equal values stay together, so that there may be fewer.
  case quantile(Int)
  /// So many bins of equal width from the least to the largest value.
  case uniform(Int)
  /// A bin below the first number, one from each number up to the next, and one from the last; numbers rise.
  case threshold([Double])
  /// A state for each different value or text, in their order.
  case category

  /// The most bins or different values of a variable.
  public static var mostStates: Int { 256 }

  /// Reads a text such as "quantile:3".
  ///
  /// - Throws: `EntityError.model` saying what was expected.
  public init(parsing text: String) throws(EntityError) {
    func wrong(_ expected: String, _ got: Substring) -> EntityError {
      .model(place: "the binning '\(text.prefix(60))'", expected: expected, got: "'\(got.prefix(40))'")
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let (kind, rest) = (parts[0], parts.count == 2 ? parts[1] : "")
    switch kind {
    case "quantile", "uniform":
      guard let count = Int(rest), (1...Self.mostStates).contains(count) else {
        throw wrong("a number of bins from 1 to \(Self.mostStates), as in '\(kind):3'", rest)
      }
      self = kind == "quantile" ? .quantile(count) : .uniform(count)
    case "threshold":
      var edges: [Double] = []
      for part in rest.split(separator: ",", omittingEmptySubsequences: false) {
        guard let edge = ProbabilityLiteral.text(String(part)).doubleValue, edge.isFinite else {
          throw wrong("numbers, as in 'threshold:0,1.5'", part)
        }
        guard edges.last.map({ $0 < edge }) ?? true else { throw wrong("rising numbers", part) }
        edges.append(edge)
      }
      guard edges.count < Self.mostStates else { throw wrong("at most \(Self.mostStates - 1) numbers", rest) }
      self = .threshold(edges)
    case "category":
      guard parts.count == 1 else { throw wrong("'category' alone", rest) }
      self = .category
    default: throw wrong("'quantile:3', 'uniform:4', 'threshold:0,1.5' or 'category'", kind)
    }
  }
}

extension Binning: CustomStringConvertible {
  /// The text that reads back as the same binning.
  public var description: String {
    switch self {
    case .quantile(let count): "quantile:\(count)"
    case .uniform(let count): "uniform:\(count)"
    case .threshold(let edges): "threshold:" + edges.map { "\($0)" }.joined(separator: ",")
    case .category: "category"
    }
  }
}
