// SPDX-License-Identifier: Apache-2.0
// Espalier: a layer of one's own between built-in ones.

import Espalier

let (train, test) = Dataset.digits().split(testShare: 0.25, seed: 0)
let scaling = Standardization.fit(train)

var network = try Network(inputs: 64, topology: .erk(density: 0.05), seed: 1) {
  SparseLinear(256)
  Custom { inputs, _ in PReLU(features: inputs) }
  SparseLinear(10)
}
let trainer = Trainer(
  optimizer: .sgd(learningRate: 0.05, weightDecay: 5e-4, schedule: .cosine), epochs: 30, batchSize: 32, seed: 1)
let report = try trainer.fit(&network, to: scaling.apply(to: train), validatingOn: scaling.apply(to: test))

print("accuracy", report.heldOut?.accuracy ?? 0)
network.visitParameters(nil) { _, parameter in
  guard parameter.name == "slope" else { return }
  let slopes = parameter.values.elements
  print("slopes from", slopes.min() ?? 0, "to", slopes.max() ?? 0, "where all began at 0.25")
}
