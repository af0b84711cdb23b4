// SPDX-License-Identifier: Apache-2.0
// Espalier: small runs for the tests of training.

import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Synchronization

@testable import Training

/// Small data, networks and runs.
enum Tasks {
  static func moons(_ samples: Int = 160, seed: UInt64 = 1) -> Dataset {
    .twoMoons(samples: samples, noise: 0.08, seed: seed)
  }

  /// Two hidden sparse layers of `width` between the data's features and outputs.
  static func network(
    for data: Dataset, width: Int = 24, outputs: Int? = nil, density: Double = 0.4, seed: UInt64 = 1
  ) throws -> Network {
    try Network(inputs: data.featureCount, topology: .erdosRenyi(density: density), seed: seed) {
      SparseLinear(width)
      ReLU()
      SparseLinear(width)
      ReLU()
      SparseLinear(outputs ?? data.targets.outputCount)
    }
  }

  /// The bytes that a model file would hold of a network.
  static func bytes(_ network: Network) -> [UInt8] {
    guard let tensors = NetworkTensors(network) else { return [] }
    return SafetensorsWriter.bytes(tensors.entries, metadata: tensors.metadata)
  }

  /// Weights by (layer, row, column).
  static func weights(_ network: Network) -> [[SIMD2<Int>: Float]] {
    network.sparseLayers.map { layer in
      var weights: [SIMD2<Int>: Float] = [:]
      let pattern = layer.weight.pattern
      for row in 0..<pattern.rows {
        for position in pattern.positions(ofRow: row) {
          weights[[row, Int(pattern.columnIndices[position])]] = layer.weight.values[position]
        }
      }
      return weights
    }
  }

  /// A report without the only number that two equal runs differ in.
  static func timeless(_ reports: [EpochReport]) -> [[Double?]] {
    reports.map { Array($0.row.dropLast()) }
  }
}

/// Says yes once it has been asked `limit` times.
final class Alarm: Sendable {
  private let asked = Atomic(0)
  private let limit: Int

  init(after limit: Int) { self.limit = limit }

  var rings: Bool { asked.add(1, ordering: .relaxed).newValue >= limit }
}

/// Writes down what it is told.
final class Witness: TrainingObserver {
  private(set) var steps: [StepReport] = []
  private(set) var rewirings: [RewiringReport] = []
  private(set) var epochs: [EpochReport] = []
  private(set) var counts: [[Int]] = []
  private(set) var order: [String] = []
  let wantsSteps: Bool
  /// Asks for the end at the first event of this name.
  var stopsAt: String?

  init(steps: Bool = true, stopsAt: String? = nil) {
    wantsSteps = steps
    self.stopsAt = stopsAt
  }

  func observe(_ event: TrainingEvent, control: inout TrainingControl) {
    let name: String
    switch event {
    case .began: name = "began"
    case .step(let report):
      name = "step"
      steps.append(report)
    case .rewired(let report):
      name = "rewired"
      rewirings.append(report)
    case .epoch(let report, let network):
      name = "epoch"
      epochs.append(report)
      counts.append(network.sparseLayers.map(\.weight.count))
    case .ended: name = "ended"
    }
    order.append(name)
    if name == stopsAt { control.stopReason = "enough at \(name)" }
  }
}
