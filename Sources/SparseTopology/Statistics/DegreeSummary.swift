// SPDX-License-Identifier: Apache-2.0
// Espalier: how many connections neurons have.

/// How many connections the neurons of one side of a layer have.
public struct DegreeSummary: Sendable, Equatable {
  /// How many neurons have each degree: `histogram[3]` neurons have 3 connections; ends at the largest degree.
  public let histogram: [Int]
  /// Neurons.
  public let neurons: Int
  /// Connections a neuron, on average; 0 without neurons.
  public let mean: Double

  /// Counts degrees.
  ///
  /// - Parameter degrees: the connections of each neuron.
  public init(_ degrees: [Int]) {
    var histogram = [Int](repeating: 0, count: (degrees.max() ?? 0) + 1)
    for degree in degrees { histogram[degree] += 1 }
    self.histogram = histogram
    neurons = degrees.count
    mean = degrees.isEmpty ? 0 : Double(degrees.reduce(0, +)) / Double(degrees.count)
  }

  /// The fewest connections of a neuron.
  public var minimum: Int { histogram.firstIndex { $0 > 0 } ?? 0 }

  /// The most connections of a neuron.
  public var maximum: Int { histogram.count - 1 }

  /// Neurons without any connection.
  public var unconnected: Int { histogram[0] }
}
