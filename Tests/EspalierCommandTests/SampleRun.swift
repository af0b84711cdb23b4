// SPDX-License-Identifier: Apache-2.0
// Espalier: a small saved model of the digits.

import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Training

@testable import EspalierCommand

/// A model of the bundled digits that has learned nothing, in a folder like that of a run.
enum SampleRun {
  static func model() throws -> Model {
    let network = try Network(inputs: 64, topology: .uniform(density: 0.1), seed: 9) {
      SparseLinear(20)
      AllReLU(slope: 0.6)
      SparseLinear(10)
    }
    let digits = Dataset.digits()
    return Model(
      network: network, task: .classification(classes: (0..<10).map { "\($0)" }),
      scaling: Standardization.fit(digits.split(testShare: 0.25, seed: 0).train),
      facts: [("data", "digits"), ("method", "gse"), ("seed", "1")])
  }

  /// Runs a body with a folder that holds `model.safetensors`.
  static func withFolder(_ body: (String) throws -> Void) throws {
    try Workplace.withFolder { folder in
      try model().save(to: Paths.join(folder, "model.safetensors"))
      try body(folder)
    }
  }
}
