// SPDX-License-Identifier: Apache-2.0
// Espalier: small models of every kind of layer.

import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology

@testable import Training

/// Small models that between them have every kind of layer, with numbers that differ from the starting ones.
enum SampleModels {
  static let names = ["plain", "activations", "normalized", "residual", "binary", "regression"]

  static func model(_ name: String) throws -> Model {
    let classes = Task.classification(classes: ["a", "b", "c"])
    switch name {
    case "plain":
      return Model(
        network: try network { [SparseLinear(7), ReLU(), SparseLinear(3)] }, task: classes,
        scaling: Standardization(shifts: [0.5, -1, 0, 2, 0.25, 1], factors: [2, 0.5, 1, 0, 1.5, 3]),
        facts: [("method", "gse"), ("seed", "7")])
    case "activations":
      return Model(
        network: try network {
          [
            SparseLinear(7), AllReLU(slope: 0.6), SparseLinear(6), AllReLU(slope: 0.6), SparseLinear(5), SReLU(),
            SparseLinear(6), GELU(), Linear(5, bias: false), Tanh(), SparseLinear(4, bias: false), Sigmoid(),
            Dropout(0.5), SparseLinear(3), LeakyReLU(slope: 0.1),
          ]
        }, task: classes)
    case "normalized":
      return Model(
        network: try network {
          [
            SparseLinear(8), BatchNorm(epsilon: 1e-3), ReLU(), SparseLinear(5), LayerNorm(epsilon: 1e-2),
            SparseLinear(3),
          ]
        }, task: classes)
    case "residual":
      return Model(
        network: try network {
          [
            SparseLinear(6),
            Residual {
              SparseLinear(4); ReLU(); SparseLinear(6); LayerNorm()
            }, SReLU(),
            Residual {
              Residual { SparseLinear(6) }; Tanh()
            }, SparseLinear(3),
          ]
        }, task: classes)
    case "binary":
      return Model(
        network: try network { [SparseLinear(5), Tanh(), SparseLinear(3)] }, task: classes, loss: .binaryCrossEntropy)
    default:
      return Model(
        network: try network { [SparseLinear(5), Tanh(), SparseLinear(2)] },
        task: .regression(targets: ["height", "weight"]), loss: .meanSquaredError)
    }
  }

  /// Samples for the models, `[samples, 6]`, with labels.
  static func samples(_ count: Int = 9) -> Dataset {
    var random = Random(seed: 5)
    var features = Matrix(rows: count, columns: 6)
    for row in 0..<count {
      for column in 0..<6 { features[row, column] = 2 * random.normal() }
    }
    return Dataset(
      name: "samples", features: features,
      targets: .classes((0..<count).map { Int32($0 % 3) }, names: ["a", "b", "c"]))
  }

  private static func network(_ layers: () -> [any LayerConvertible]) throws -> Network {
    var network = try Network(
      inputs: 6, topology: .uniform(density: 0.5), seed: 11, layers: layers().flatMap(\.descriptions))
    var random = Random(seed: 3)
    network.visitParameters(nil) { _, parameter in
      for index in 0..<parameter.values.count { parameter.values[index] += 0.3 * random.normal() }
    }
    return Network(inputs: network.inputs, builtLayers: network.layers.map { moved($0, &random) })
  }

  /// Running moments that differ from the starting ones.
  private static func moved(_ layer: BuiltLayer, _ random: inout Random) -> BuiltLayer {
    guard case .batchNorm(let norm) = layer else { return layer }
    let count = norm.scale.count
    return .batchNorm(
      BatchNormLayer(
        scale: norm.scale, shift: norm.shift, runningMean: Vector((0..<count).map { _ in random.normal() }),
        runningVariance: Vector((0..<count).map { _ in 0.2 + random.uniform() }), momentum: norm.momentum,
        epsilon: norm.epsilon))
  }
}
