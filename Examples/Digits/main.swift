// SPDX-License-Identifier: Apache-2.0
// Espalier: the program of the first page.

import Espalier

let (train, test) = Dataset.digits().split(testShare: 0.25, seed: 0)
let scaling = Standardization.fit(train)

var network = try Network(inputs: 64, topology: .erk(density: 0.05), seed: 1) {
  SparseLinear(256)
  ReLU()
  SparseLinear(256)
  ReLU()
  SparseLinear(10)
}
let trainer = Trainer(
  optimizer: .sgd(learningRate: 0.05, weightDecay: 5e-4, schedule: .cosine),
  evolution: .rigL(every: .steps(50)), epochs: 100, batchSize: 32, seed: 1)
let report = try trainer.fit(&network, to: scaling.apply(to: train), validatingOn: scaling.apply(to: test))

print(report.heldOut?.accuracy ?? 0, "with", network.connectionCount, "of", network.summary.denseConnections)
try Model(network: network, task: .classification(classes: (0..<10).map { "\($0)" }), scaling: scaling)
  .save(to: "digits.safetensors")
