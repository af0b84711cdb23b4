// SPDX-License-Identifier: Apache-2.0
// Espalier: what can be counted on a pattern.

public import SparseCore

/// What can be counted on a layer's connections.
///
///     let statistics = TopologyStatistics(weights.pattern)
///     statistics.density                  // 0.02
///     statistics.inDegrees.minimum        // the fewest inputs of an output neuron
public struct TopologyStatistics: Sendable, Equatable {
  /// Output neurons.
  public let rows: Int
  /// Input neurons.
  public let columns: Int
  /// Connections there are.
  public let connections: Int
  /// Connections there are, of those there could be.
  public let density: Double
  /// Connections into each output neuron.
  public let inDegrees: DegreeSummary
  /// Connections out of each input neuron.
  public let outDegrees: DegreeSummary

  /// Counts.
  ///
  /// - Complexity: O(*rows* + *columns* + connections).
  public init(_ pattern: SparsityPattern) {
    rows = pattern.rows
    columns = pattern.columns
    connections = pattern.count
    density = pattern.density
    inDegrees = DegreeSummary(pattern.inDegrees)
    outDegrees = DegreeSummary(pattern.outDegrees)
  }

  /// Output neurons that nothing feeds.
  public var deadOutputs: Int { inDegrees.unconnected }

  /// Input neurons that nothing reads.
  public var deadInputs: Int { outDegrees.unconnected }

  /// Hidden neurons without an input or without an output, for each pair of layers that follow one another.
  ///
  /// - Parameter patterns: layers from the input to the output; each has as many inputs as the one before has outputs.
  public static func deadNeurons(between patterns: [SparsityPattern]) -> [Int] {
    patterns.indices.dropFirst().map { index in
      let inDegrees = patterns[index - 1].inDegrees
      let outDegrees = patterns[index].outDegrees
      precondition(
        inDegrees.count == outDegrees.count, "\(inDegrees.count) outputs before a layer of \(outDegrees.count) inputs")
      return inDegrees.indices.count { inDegrees[$0] == 0 || outDegrees[$0] == 0 }
    }
  }
}
