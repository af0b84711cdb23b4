// SPDX-License-Identifier: Apache-2.0
// Espalier: one layer under the magnifying glass.

public import NeuralNetworks
internal import SparseCore
public import SparseTopology

/// What can be counted on one layer of a network.
public struct LayerInspection: Sendable, Equatable {
  /// Shape, connections, memory and work.
  public let line: NetworkSummary.Line
  /// Degrees and density of a sparse layer, nil for other layers.
  public let topology: TopologyStatistics?
  /// The weights' range and spread, nil for layers without weights.
  public let weights: WeightSummary?
}

/// The range and spread of a layer's weights, zeros of connections that do not exist left out.
public struct WeightSummary: Sendable, Equatable {
  /// The smallest weight.
  public let minimum: Float
  /// The largest weight.
  public let maximum: Float
  /// The mean.
  public let mean: Double
  /// The standard deviation.
  public let deviation: Double

  /// Summarises weights; nil without any.
  ///
  /// - Complexity: O(*weights*) time, no memory.
  init?(_ values: Vector) {
    guard values.count > 0 else { return nil }
    let sums = values.withSpan { values in
      var (low, high, sum, squares) = (values[0], values[0], 0.0, 0.0)
      for index in values.indices {
        let value = values[index]
        low = min(low, value)
        high = max(high, value)
        sum += Double(value)
        squares += Double(value) * Double(value)
      }
      return (low: low, high: high, sum: sum, squares: squares)
    }
    let count = Double(values.count)
    minimum = sums.low
    maximum = sums.high
    mean = sums.sum / count
    deviation = max(0, sums.squares / count - (sums.sum / count) * (sums.sum / count)).squareRoot()
  }
}
